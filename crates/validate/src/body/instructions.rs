//! Chooses how each operator is validated: by its row in the table of operators, or by an arm.

use wasmote_ir::Proposal;
use wasmote_ir::operators::{Class, Immediate, Operand, Operator, Row, TAKES};

use super::BodyValidator;
use super::stack::FrameKind;
use crate::fault::Invalid;
use crate::types::Ty;

/// The index of the topmost operand in a row.
const TOP: usize = TAKES - 1;

/// Defines constants for the opcodes of frequent operators.
macro_rules! opcodes {
    ($( $name:ident: $operator:ident ),* $(,)?) => {
        $( const $name: u8 = Operator::$operator.number() as u8; )*
    };
}

opcodes! {
    BLOCK: Block,
    LOOP: Loop,
    IF: If,
    ELSE: Else,
    END: End,
    BR: Br,
    BR_IF: BrIf,
    RETURN: Return,
    CALL: Call,
    DROP: Drop,
    LOCAL_GET: LocalGet,
    LOCAL_SET: LocalSet,
    LOCAL_TEE: LocalTee,
    GLOBAL_GET: GlobalGet,
    GLOBAL_SET: GlobalSet,
    I32_CONST: I32Const,
    I64_CONST: I64Const,
}

impl BodyValidator<'_> {
    /// Validates all instructions, up to the `end` of the body.
    pub fn instructions(&mut self) -> Result<(), Invalid> {
        while !self.frames.is_empty() {
            self.offset = self.reader.offset();
            let Ok(opcode) = self.reader.byte() else { return Err(self.no_operator()) };
            #[cfg(debug_assertions)]
            let start = self.offset;
            self.instruction(opcode)?;
            // Each arm must read all immediates of its operator, as the table has them.
            #[cfg(debug_assertions)]
            debug_assert!(self.reader.clone().reads_one(start), "at offset {start:#x}");
        }
        self.offset = self.reader.offset();
        if self.reader.is_at_end() {
            Ok(())
        } else {
            Err(self.fault("operators remaining after end of function body or expression"))
        }
    }

    /// Validates an instruction, given its opcode or prefix. The most frequent ones have arms here, or rows of the
    /// simplest classes. So they need no lookup of the operator.
    #[inline(always)]
    fn instruction(&mut self, opcode: u8) -> Result<(), Invalid> {
        match opcode {
            BLOCK => self.block(FrameKind::Block),
            LOOP => self.block(FrameKind::Loop),
            IF => self.if_(),
            ELSE => self.else_(),
            END => self.end(),
            BR => self.br(),
            BR_IF => self.br_if(),
            RETURN => self.return_(),
            CALL => self.call(),
            DROP => self.pop_any().map(drop),
            LOCAL_GET => self.local_get(),
            LOCAL_SET => self.local_set(),
            LOCAL_TEE => self.local_tee(),
            GLOBAL_GET => self.global_get(),
            GLOBAL_SET => self.global_set(),
            I32_CONST => {
                self.reader.i32()?;
                self.push(Ty::I32);
                Ok(())
            }
            I64_CONST => {
                self.reader.i64()?;
                self.push(Ty::I64);
                Ok(())
            }
            _ => {
                let row = Operator::row_of_byte(opcode);
                match (row.class(), row.immediates()[0]) {
                    (Class::Numeric, _) => self.numeric(row),
                    (class @ (Class::Load | Class::Store), Some(Immediate::MemArg(align))) => {
                        let address = self.memory_argument(align)?;
                        if class == Class::Load { self.load(row, address) } else { self.store(row, address) }
                    }
                    _ => self.looked_up(opcode),
                }
            }
        }
    }

    /// Validates a rare instruction, given its opcode or prefix.
    #[inline(always)]
    fn looked_up(&mut self, opcode: u8) -> Result<(), Invalid> {
        let operator = match Operator::of_byte(opcode) {
            Some(operator) => operator,
            None => match self.reader.prefixed(opcode) {
                Ok(operator) => operator,
                Err(_) => return Err(self.no_operator()),
            },
        };
        self.other(operator, operator.row())
    }

    /// Validates a rare instruction.
    #[inline(never)]
    pub fn other(&mut self, operator: Operator, row: &Row) -> Result<(), Invalid> {
        if row.proposal != Proposal::Core {
            self.require(row.proposal)?;
        }
        if row.is_special() { self.special(operator, row) } else { self.row(row) }
    }

    /// Validates an instruction whose row does not have its operands and results. Its proposal is on.
    #[inline(always)]
    fn special(&mut self, operator: Operator, row: &Row) -> Result<(), Invalid> {
        match operator {
            Operator::Unreachable => {
                self.unreachable();
                Ok(())
            }
            Operator::End => self.end(),
            Operator::Try => self.try_(),
            Operator::Catch => self.catch(),
            Operator::Throw => self.throw(),
            Operator::Rethrow => self.rethrow(),
            Operator::ThrowRef => self.throw_ref(),
            Operator::BrTable => self.br_table(),
            Operator::CallIndirect => self.call_indirect(),
            Operator::ReturnCall => self.return_call(),
            Operator::ReturnCallIndirect => self.return_call_indirect(),
            Operator::CallRef => self.call_ref(),
            Operator::ReturnCallRef => self.return_call_ref(),
            Operator::Delegate => self.delegate(),
            Operator::CatchAll => self.catch_all(),
            Operator::Select => self.select(),
            Operator::SelectTyped => self.select_typed(),
            Operator::TryTable => self.try_table(),
            Operator::TableGet => self.table_get(),
            Operator::TableSet => self.table_set(),
            Operator::MemoryInit => self.memory_init(),
            Operator::MemoryCopy => self.memory_copy(),
            Operator::TableInit => self.table_init(),
            Operator::TableCopy => self.table_copy(),
            Operator::TableGrow => self.table_grow(),
            Operator::TableSize => self.table_size(),
            Operator::TableFill => self.table_fill(),
            Operator::RefNull => self.ref_null(),
            Operator::RefIsNull => self.ref_is_null(),
            Operator::RefFunc => self.ref_func(),
            Operator::RefAsNonNull => self.ref_as_non_null(),
            Operator::BrOnNull => self.br_on_null(),
            Operator::BrOnNonNull => self.br_on_non_null(),
            _ => self.object(operator, row),
        }
    }

    /// Validates an instruction of [`Class::Numeric`] by its row. The fast path is for operands with exactly the right
    /// types.
    #[inline(always)]
    fn numeric(&mut self, row: &Row) -> Result<(), Invalid> {
        let types = row.types();
        let (ty, result) = (Ty::of_number(types.takes[TOP]), Ty::of_number(types.leaves[0]));
        let floor = self.floor;
        let rest = if types.takes[TOP - 1] == Operand::None {
            self.operands.len().wrapping_sub(1)
        } else {
            let rest = self.operands.len().wrapping_sub(2);
            if self.operands.get(rest) == Some(&ty) { rest } else { usize::MAX }
        };
        match self.operands.last() {
            Some(&top) if top == ty && rest >= floor && rest < self.operands.len() => {
                self.operands.truncate(rest + 1);
                self.operands[rest] = result;
                Ok(())
            }
            _ => self.operands_of(row, Ty::BOTTOM),
        }
    }

    /// Validates an instruction of [`Class::Load`] by its row. `address` is the type of addresses.
    #[inline(always)]
    fn load(&mut self, row: &Row, address: Ty) -> Result<(), Invalid> {
        let floor = self.floor;
        if self.operands.len() > floor
            && let Some(top) = self.operands.last_mut()
            && *top == address
        {
            *top = Ty::of_number(row.types().leaves[0]);
            return Ok(());
        }
        self.operands_of(row, address)
    }

    /// Validates an instruction of [`Class::Store`] by its row. `address` is the type of addresses.
    #[inline(always)]
    fn store(&mut self, row: &Row, address: Ty) -> Result<(), Invalid> {
        self.pop(Ty::of_number(row.types().takes[TOP]))?;
        self.pop(address)
    }

    /// Validates an instruction by its row.
    #[inline(never)]
    fn row(&mut self, row: &Row) -> Result<(), Invalid> {
        let mut address = Ty::BOTTOM;
        for &immediate in row.immediates() {
            match immediate {
                Some(Immediate::MemArg(align)) => address = self.memory_argument(align)?,
                Some(immediate) => self.immediate(immediate, &mut address)?,
                None => break,
            }
        }
        self.operands_of(row, address)
    }

    /// Pops the operands in a row, and pushes its results. `address` is the type of addresses.
    #[inline(never)]
    fn operands_of(&mut self, row: &Row, address: Ty) -> Result<(), Invalid> {
        let types = row.types();
        for operand in types.takes.into_iter().rev() {
            if operand == Operand::None {
                break;
            }
            self.pop(Ty::of_operand(operand, address))?;
        }
        for operand in types.leaves {
            if operand == Operand::None {
                break;
            }
            self.push(Ty::of_operand(operand, address));
        }
        Ok(())
    }

    /// Reads an immediate of an operator that is validated by its row. If it names a memory, `address` becomes the
    /// type of the memory's addresses.
    #[inline(never)]
    fn immediate(&mut self, immediate: Immediate, address: &mut Ty) -> Result<(), Invalid> {
        match immediate {
            Immediate::Atomic(align) | Immediate::AtomicAccess(align) | Immediate::AtomicRmw(align) => {
                *address = self.atomic_argument(immediate, align)?;
            }
            Immediate::Memory => *address = self.memory()?,
            Immediate::MemoryOrZero => *address = self.memory_or_zero()?,
            Immediate::Data => self.data()?,
            Immediate::Elem => drop(self.elem()?),
            Immediate::Lane(lanes) => self.lane(lanes)?,
            Immediate::Lanes => {
                for _ in 0..16 {
                    self.lane(32)?;
                }
            }
            Immediate::F32 => self.reader.skip(4)?,
            Immediate::F64 => self.reader.skip(8)?,
            Immediate::V128 => self.reader.skip(16)?,
            Immediate::I32 => drop(self.reader.i32()?),
            Immediate::I64 => drop(self.reader.i64()?),
            Immediate::OrderingOrZero => self.fence_ordering(immediate)?,
            // The types of an operator with any other immediate depend on that immediate, so the operator is special.
            _ => return Err(self.fault("unexpected immediate")),
        }
        Ok(())
    }

    /// Reads the index of a lane.
    #[inline(never)]
    fn lane(&mut self, lanes: u8) -> Result<(), Invalid> {
        if self.reader.byte()? < lanes { Ok(()) } else { Err(self.fault("SIMD index out of bounds")) }
    }

    /// Returns an error for a place without an operator.
    #[cold]
    #[inline(never)]
    pub fn no_operator(&self) -> Invalid {
        let mut reader = self.reader.clone();
        reader.go_to(self.offset);
        let Ok(opcode) = reader.byte() else {
            return self.fault("control frames remain at end of function body or expression");
        };
        if !Operator::is_prefix(opcode) {
            return Invalid::of(format_args!("illegal opcode: {opcode:#x}"), self.offset);
        }
        match reader.u32() {
            Ok(number) => Invalid::of(format_args!("unknown {opcode:#x} subopcode: {number:#x}"), self.offset),
            Err(fault) => fault,
        }
    }
}
