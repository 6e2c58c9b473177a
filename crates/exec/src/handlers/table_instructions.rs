//! Tables and references (spec: exec/instructions#table-instructions).

/// The rows.
pub mod rows {
    use wasmote_ir::TrapCode;

    use crate::dispatch::{Execute, Flow, Regs};
    use crate::handlers::bulk::{bulk, inside};
    use crate::handlers::handler_macros::single;
    use crate::mode::{Calls, Mode};
    use crate::state::Table;

    const OUT: TrapCode = TrapCode::TableOutOfBounds;

    /// Returns the table that the operand at this unit names.
    ///
    /// # Safety
    /// As [`Execute::run`], and the instruction has a table operand at this unit.
    #[inline(always)]
    unsafe fn table<M: Mode>(r: &Regs<M>, at: usize) -> *mut Table<M> {
        // SAFETY: the caller guarantees a table operand, which is in range of the instance's tables. Their records
        // stay in place while code runs.
        unsafe { *(*r.cx).tables.add(r.u32(at) as usize) }
    }

    /// Grows a table.
    ///
    /// # Safety
    /// As [`Execute::run`], for an instruction with the operands of `table.grow`.
    #[inline(always)]
    unsafe fn grow<M: Mode>(r: &mut Regs<M>) -> Result<(), TrapCode> {
        // SAFETY: the caller guarantees the operands. The table's record stays in place while the hook changes it.
        unsafe {
            let (init, delta, table) = (r.slot(0).read(), r.slot(1).read(), table(r, 2));
            let machine = (*r.cx).machine;
            let grown = ((*machine).hooks.table_grow)(machine, table, delta, init as u32);
            if grown.is_none()
                && let Some(code) = M::growth_trap(machine)
            {
                return Err(code);
            }
            let value = grown.unwrap_or(if (*table).table64 { u64::MAX } else { u64::from(u32::MAX) });
            r.slot(4).write(value);
            r.set_accumulator(value);
        }
        Ok(())
    }

    bulk! {
        TabGet(r) {
            let (index, table) = (r.slot(0).read(), table(r, 1));
            if index >= (*table).len {
                return Err(OUT);
            }
            let value = u64::from((*table).elems.add(index as usize).read());
            r.slot(3).write(value);
            r.set_accumulator(value);
        }
        TabSet(r) {
            let (index, value, table) = (r.slot(0).read(), r.slot(1).read(), table(r, 2));
            if index >= (*table).len {
                return Err(OUT);
            }
            (*table).elems.add(index as usize).write(value as u32);
            (*table).write(index, 1);
        }
        TabSize(r) {
            let value = (*table(r, 0)).len;
            r.slot(2).write(value);
            r.set_accumulator(value);
        }
        TabGrow(r) { grow(r)?; }
        TabGrowFuel(r) {
            crate::handlers::metered::pay_for_elements(r.cx, r.u32(2), r.slot(1).read())?;
            grow(r)?;
        }
        TabFill(r) {
            let (to, value, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let table = table(r, 3);
            if !inside(to, count, (*table).len) {
                return Err(OUT);
            }
            for i in to..to + count {
                (*table).elems.add(i as usize).write(value as u32);
            }
            (*table).write(to, count);
        }
        TabCopy(r) {
            let (to, from, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let (target, source) = (table(r, 3), table(r, 5));
            if !inside(to, count, (*target).len) || !inside(from, count, (*source).len) {
                return Err(OUT);
            }
            (*source).elems.add(from as usize).copy_to((*target).elems.add(to as usize), count as usize);
            (*target).write(to, count);
        }
        TabInit(r) {
            let (to, from, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let (segment, target) = ((*r.cx).elems.add(r.u32(3) as usize), table(r, 5));
            if !inside(to, count, (*target).len) || !inside(from, count, (*segment).len as u64) {
                return Err(OUT);
            }
            (*segment).elems.add(from as usize).copy_to((*target).elems.add(to as usize), count as usize);
            (*target).write(to, count);
        }
        DropElem(r) { (*(*r.cx).elems.add(r.u32(0) as usize)).len = 0; }
        FuncReference(r) {
            let value = u64::from(M::Calls::reference(r, r.u32(0)));
            r.slot(2).write(value);
            r.set_accumulator(value);
        }
    }
    single!(cold: TabGet: TableGet, TabSet: TableSet, TabSize: TableSize, TabGrow: TableGrow, TabGrowFuel: TableGrow, TabFill: TableFill,
        TabCopy: TableCopy, TabInit: TableInit, DropElem: ElemDrop, FuncReference: RefFunc);
}
