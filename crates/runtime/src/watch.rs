//! Calls the engine's tracer for each instruction that runs.

use wasmote_exec as exec;

use crate::hooks::root;
use crate::instance::InstanceRecord;
use crate::store::Store;
use crate::trace::TraceStep;

/// Makes the machine call the engine's tracer for each instruction, if the engine has one.
pub(crate) fn watch(store: &mut Store) {
    store.machine.trace = store.engine.settings().optional.trace.is_some().then_some(show);
}

unsafe fn show(machine: *mut exec::Machine, step: &exec::trace::TracedInstr<'_, exec::Linked>) {
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists. The tracer
    // and the module are cloned, so no reference into the store is left when the tracer runs.
    let (tracer, module, (func, byte)) = unsafe {
        let Some(tracer) = root(machine).as_ref().engine.settings().optional.trace.clone() else { return };
        let Some(site) = exec::site(machine, step) else { return };
        (tracer, (*step.instance.cast::<InstanceRecord>()).module.clone(), site)
    };
    tracer.show(&TraceStep { module: &module, func, byte, step });
}
