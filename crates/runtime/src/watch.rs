//! Instructions that run, shown to the engine's tracer.

use wasmote_exec as exec;

use crate::hooks::root;
use crate::instance::InstanceRecord;
use crate::store::Store;
use crate::trace::TraceStep;

/// Has each instruction that runs in the store shown to the engine's tracer, if it has one.
pub(crate) fn watch(store: &mut Store) {
    store.machine.trace = store.engine.settings().optional.trace.is_some().then_some(show);
}

unsafe fn show(machine: *mut exec::Machine, step: &exec::trace::Step<'_, exec::Linked>) {
    // SAFETY: code runs, so there is no other reference to the store, whose machine this is. The tracer and the module are held on to without a reference into the store.
    let (tracer, module, (func, byte)) = unsafe {
        let Some(tracer) = root(machine).as_ref().engine.settings().optional.trace.clone() else { return };
        let Some(site) = exec::site(machine, step) else { return };
        (tracer, (*step.instance.cast::<InstanceRecord>()).module.clone(), site)
    };
    tracer.show(&TraceStep { module: &module, func, byte, step });
}
