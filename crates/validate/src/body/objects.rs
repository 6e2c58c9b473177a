//! Structures, arrays, small integers, tests and casts (spec: valid/instructions#reference-instructions).

use wasmote_ir::HeapType;
use wasmparser::WasmFeatures;

use super::Body;
use crate::fault::Fault;
use crate::outline::Composite;
use crate::types::{Field, Ty};

impl<'m> Body<'m> {
    /// Behind the prefix 0xfb.
    pub fn object(&mut self, opcode: u32) -> Result<(), Fault> {
        match opcode {
            0x20..=0x26 => return Err(self.missing(WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors operations")),
            0x00..=0x1e => self.require(WasmFeatures::GC, "gc")?,
            _ => return Err(Fault::of(format_args!("unknown 0xfb subopcode: 0x{opcode:x}"), self.offset)),
        }
        match opcode {
            0x00..=0x05 => self.structure(opcode),
            0x06..=0x0e | 0x10..=0x13 => self.array(opcode),
            0x0f => {
                self.pop_abstract(HeapType::Array)?;
                self.push(Ty::I32);
                Ok(())
            }
            0x14 | 0x15 => {
                self.cast_type(opcode == 0x15)?;
                self.push(Ty::I32);
                Ok(())
            }
            0x16 | 0x17 => {
                let ty = self.cast_type(opcode == 0x17)?;
                self.push(ty);
                Ok(())
            }
            0x18 => self.br_on_cast(false),
            0x19 => self.br_on_cast(true),
            0x1a => self.convert(HeapType::Extern, HeapType::Any),
            0x1b => self.convert(HeapType::Any, HeapType::Extern),
            0x1c => {
                self.pop(Ty::I32)?;
                self.push(Ty::abstract_ref(false, HeapType::I31));
                Ok(())
            }
            _ => {
                self.pop_abstract(HeapType::I31)?;
                self.push(Ty::I32);
                Ok(())
            }
        }
    }

    /// Takes a reference to what is of this type, null included. Returns its own type.
    fn pop_abstract(&mut self, heap: HeapType) -> Result<Ty, Fault> {
        let ty = self.pop_ref()?;
        self.check(ty, Ty::abstract_ref(true, heap))?;
        Ok(ty)
    }

    pub fn ref_eq(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::GC, "gc")?;
        self.pop_abstract(HeapType::Eq)?;
        self.pop_abstract(HeapType::Eq)?;
        self.push(Ty::I32);
        Ok(())
    }

    fn convert(&mut self, from: HeapType, to: HeapType) -> Result<(), Fault> {
        let ty = self.pop_abstract(from)?;
        self.push(Ty::abstract_ref(ty.is_nullable(), to));
        Ok(())
    }

    fn structure(&mut self, opcode: u32) -> Result<(), Fault> {
        let index = self.reader.u32()?;
        let (fields, defaultable): (&'m [Field], bool) = match self.outline.composite(index) {
            Some(Composite::Struct { fields, defaultable }) => (fields, *defaultable),
            Some(_) => return Err(Fault::of(format_args!("expected struct type at index {index}"), self.offset)),
            None => return Err(self.unknown("type", index)),
        };
        match opcode {
            0x00 => {
                for field in fields.iter().rev() {
                    if self.is_bottomless() {
                        break;
                    }
                    self.pop(field.ty)?;
                }
            }
            0x01 => self.require_default(defaultable)?,
            _ => return self.struct_field(opcode, index, fields),
        }
        self.push(self.concrete(false, index)?);
        Ok(())
    }

    fn struct_field(&mut self, opcode: u32, index: u32, fields: &[Field]) -> Result<(), Fault> {
        let number = self.reader.u32()?;
        let Some(&field) = fields.get(number as usize) else {
            return Err(self.fault("unknown field: field index out of bounds"));
        };
        let reference = self.concrete(true, index)?;
        if opcode == 0x05 {
            self.require_mutable(field)?;
            return self.pop_all(&[reference, field.ty]);
        }
        self.require_packed(field, opcode != 0x02)?;
        self.pop(reference)?;
        self.push(field.ty);
        Ok(())
    }

    /// Reads the index of an array type.
    fn array_type(&mut self) -> Result<(u32, Field), Fault> {
        let index = self.reader.u32()?;
        match self.outline.composite(index) {
            Some(&Composite::Array(element)) => Ok((index, element)),
            Some(_) => Err(Fault::of(format_args!("expected array type at index {index}"), self.offset)),
            None => Err(self.unknown("type", index)),
        }
    }

    fn array(&mut self, opcode: u32) -> Result<(), Fault> {
        let (index, element) = self.array_type()?;
        let reference = self.concrete(true, index)?;
        let made = match opcode {
            // array.new, array.new_default
            0x06 => {
                self.pop_all(&[element.ty, Ty::I32])?;
                true
            }
            0x07 => {
                self.require_default(element.ty.is_defaultable())?;
                self.pop(Ty::I32)?;
                true
            }
            // array.new_fixed
            0x08 => {
                for _ in 0..self.reader.u32()? {
                    // From here on there is nothing to look at, however many are said to come.
                    if self.is_bottomless() {
                        break;
                    }
                    self.pop(element.ty)?;
                }
                true
            }
            // array.new_data, array.new_elem
            0x09 | 0x0a => {
                self.segment_for(opcode == 0x0a, element)?;
                self.pop_all(&[Ty::I32; 2])?;
                true
            }
            // array.get, array.get_s, array.get_u
            0x0b..=0x0d => {
                self.require_packed(element, opcode != 0x0b)?;
                self.pop_all(&[reference, Ty::I32])?;
                self.push(element.ty);
                false
            }
            // array.set, array.fill
            0x0e | 0x10 => {
                self.require_mutable(element)?;
                let operands = [reference, Ty::I32, element.ty, Ty::I32];
                self.pop_all(if opcode == 0x0e { &operands[..3] } else { &operands })?;
                false
            }
            // array.copy
            0x11 => {
                let (from, source) = self.array_type()?;
                self.require_mutable(element)?;
                if source.packed != element.packed {
                    return Err(self.fault("array types do not match"));
                }
                self.check(source.ty, element.ty)?;
                let source = self.concrete(true, from)?;
                self.pop_all(&[reference, Ty::I32, source, Ty::I32, Ty::I32])?;
                false
            }
            // array.init_data, array.init_elem
            _ => {
                self.require_mutable(element)?;
                self.segment_for(opcode == 0x13, element)?;
                self.pop_all(&[reference, Ty::I32, Ty::I32, Ty::I32])?;
                false
            }
        };
        if made {
            self.push(reference.non_null());
        }
        Ok(())
    }

    /// Reads the index of a segment that elements are taken from.
    fn segment_for(&mut self, of_elements: bool, element: Field) -> Result<(), Fault> {
        if of_elements {
            let ty = self.elem()?;
            if !element.ty.is_ref() {
                return Err(self.fault("type mismatch: element segments are for arrays with reference elements"));
            }
            return self.check(ty, element.ty);
        }
        if element.ty.is_ref() {
            return Err(self.fault("type mismatch: data segments are for arrays with numeric and vector elements"));
        }
        self.data()
    }

    fn require_default(&self, defaultable: bool) -> Result<(), Fault> {
        if defaultable { Ok(()) } else { Err(self.fault("type mismatch: the field is not defaultable")) }
    }

    fn require_mutable(&self, field: Field) -> Result<(), Fault> {
        if field.mutable { Ok(()) } else { Err(self.fault("invalid write: the field or array is immutable")) }
    }

    /// With a sign if it is packed, and only then.
    fn require_packed(&self, field: Field, packed: bool) -> Result<(), Fault> {
        match (packed, field.packed != 0) {
            (true, false) => Err(self.fault("cannot use get_s or get_u with non-packed storage types")),
            (false, true) => Err(self.fault("can only use get with non-packed storage types")),
            _ => Ok(()),
        }
    }

    /// Reads the type of a test or cast, and takes a reference of its hierarchy.
    fn cast_type(&mut self, nullable: bool) -> Result<Ty, Fault> {
        let ty = self.reference_type(nullable)?;
        let Some(top) = ty.heap().and_then(|heap| self.outline.top(heap)) else {
            return Err(self.fault("invalid cast"));
        };
        self.pop_abstract(top)?;
        Ok(ty)
    }

    fn br_on_cast(&mut self, on_failure: bool) -> Result<(), Fault> {
        let flags = self.reader.byte()?;
        if flags > 3 {
            return Err(Fault::of(format_args!("invalid cast flags: {flags:08b}"), self.offset));
        }
        let label = self.reader.u32()?;
        let from = self.reference_type(flags & 1 != 0)?;
        let to = self.reference_type(flags & 2 != 0)?;
        self.check(to, from)?;
        // What is left when the cast fails: null only if the cast does not take it.
        let rest = if to.is_nullable() { from.non_null() } else { from };
        let (taken, left) = if on_failure { (rest, to) } else { (to, rest) };
        let types = self.label(label)?;
        let (last, others) = self.branch_with_reference(&types)?;
        self.check(taken, last)?;
        self.pop(from)?;
        self.pass(others)?;
        self.push(left);
        Ok(())
    }
}
