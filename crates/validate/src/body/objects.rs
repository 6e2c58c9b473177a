//! Validates the operators of GC: structures, arrays, `i31`, tests and casts (spec:
//! valid/instructions#reference-instructions).

use wasmote_decode::operators::Cast;
use wasmote_ir::HeapType;
use wasmote_ir::operators::{Operator, Row};
use wasmparser::WasmFeatures;

use super::BodyValidator;
use crate::fault::Invalid;
use crate::outline::Composite;
use crate::types::{Field, Ty};

impl<'m> BodyValidator<'m> {
    /// Validates an operator of GC. Refuses the operators of proposals that no build runs, even if the proposal is on.
    pub fn object(&mut self, operator: Operator, row: &Row) -> Result<(), Invalid> {
        match operator {
            Operator::StructNew => self.struct_new(),
            Operator::StructNewDefault => self.struct_new_default(),
            Operator::StructGet => self.struct_get(false),
            Operator::StructGetS | Operator::StructGetU => self.struct_get(true),
            Operator::StructSet => self.struct_set(),
            Operator::StructNewDesc => self.struct_new_desc(false),
            Operator::StructNewDefaultDesc => self.struct_new_desc(true),
            Operator::RefGetDesc => self.ref_get_desc(),
            Operator::RefCastDescEq => self.ref_cast_desc_eq(false),
            Operator::RefCastDescEqNull => self.ref_cast_desc_eq(true),
            Operator::BrOnCastDescEq => self.br_on_cast(false, true),
            Operator::BrOnCastDescEqFail => self.br_on_cast(true, true),
            Operator::ArrayNew => self.array_new(),
            Operator::ArrayNewDefault => self.array_new_default(),
            Operator::ArrayNewFixed => self.array_new_fixed(),
            Operator::ArrayNewData => self.array_new_of(false),
            Operator::ArrayNewElem => self.array_new_of(true),
            Operator::ArrayGet => self.array_get(false),
            Operator::ArrayGetS | Operator::ArrayGetU => self.array_get(true),
            Operator::ArraySet => self.array_set(),
            Operator::ArrayFill => self.array_fill(),
            Operator::ArrayCopy => self.array_copy(),
            Operator::ArrayInitData => self.array_init(false),
            Operator::ArrayInitElem => self.array_init(true),
            Operator::RefTest => self.ref_test(false),
            Operator::RefTestNull => self.ref_test(true),
            Operator::RefCast => self.ref_cast(false),
            Operator::RefCastNull => self.ref_cast(true),
            Operator::BrOnCast => self.br_on_cast(false, false),
            Operator::BrOnCastFail => self.br_on_cast(true, false),
            Operator::AnyConvertExtern => self.convert(HeapType::Extern, HeapType::Any),
            Operator::ExternConvertAny => self.convert(HeapType::Any, HeapType::Extern),
            #[cfg(feature = "stack-switching")]
            _ => self.continuation(operator, row),
            #[cfg(not(feature = "stack-switching"))]
            _ => Err(self.missing(row.proposal)),
        }
    }

    /// Pops a nullable reference to this heap type. Returns the exact type of the operand.
    fn pop_abstract(&mut self, heap: HeapType) -> Result<Ty, Invalid> {
        let ty = self.pop_ref()?;
        self.check(ty, Ty::abstract_ref(true, heap))?;
        Ok(ty)
    }

    /// Validates a conversion between hierarchies, which keeps the nullability.
    fn convert(&mut self, from: HeapType, to: HeapType) -> Result<(), Invalid> {
        let ty = self.pop_abstract(from)?;
        self.push(Ty::abstract_ref(ty.is_nullable(), to));
        Ok(())
    }

    /// Reads the index of a structure type. Returns it, the fields, and whether all of them have default values.
    fn struct_type(&mut self) -> Result<(u32, &'m [Field], bool), Invalid> {
        let index = self.reader.u32_here()?;
        match self.outline.composite(index) {
            Some(Composite::Struct { fields, defaultable }) => Ok((index, fields, *defaultable)),
            Some(_) => Err(Invalid::of(format_args!("expected struct type at index {index}"), self.offset)),
            None => Err(self.unknown("type", index)),
        }
    }

    fn struct_new(&mut self) -> Result<(), Invalid> {
        let (index, fields, _) = self.struct_type()?;
        self.require_no_descriptor(index)?;
        self.pop_fields(fields)?;
        self.push(self.exact(index)?);
        Ok(())
    }

    fn struct_new_default(&mut self) -> Result<(), Invalid> {
        let (index, _, defaultable) = self.struct_type()?;
        self.require_no_descriptor(index)?;
        self.require_default(defaultable)?;
        self.push(self.exact(index)?);
        Ok(())
    }

    fn struct_new_desc(&mut self, default: bool) -> Result<(), Invalid> {
        let (index, fields, defaultable) = self.struct_type()?;
        let ty = self.exact(index)?;
        self.pop(Ty::exact_ref(true, self.descriptor(ty)?))?;
        if default {
            self.require_default(defaultable)?;
        } else {
            self.pop_fields(fields)?;
        }
        self.push(ty);
        Ok(())
    }

    fn pop_fields(&mut self, fields: &[Field]) -> Result<(), Invalid> {
        for field in fields.iter().rev() {
            if self.is_bottomless() {
                break;
            }
            self.pop(field.ty)?;
        }
        Ok(())
    }

    fn require_no_descriptor(&self, index: u32) -> Result<(), Invalid> {
        match self.outline.canonical(index).and_then(|place| self.outline.descriptor(place)) {
            Some(_) => Err(self.fault("a type with a descriptor needs one to be allocated")),
            None => Ok(()),
        }
    }

    /// Returns the place of the type of descriptors of the type that references of type `ty` refer to.
    fn descriptor(&self, ty: Ty) -> Result<u32, Invalid> {
        let descriptor = ty.heap().and_then(HeapType::index).and_then(|place| self.outline.descriptor(place));
        descriptor.ok_or_else(|| self.fault("type without descriptor"))
    }

    fn ref_get_desc(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32()?;
        let (wanted, exact) = (self.concrete(true, index)?, self.exact(index)?.or_null());
        let descriptor = self.descriptor(wanted)?;
        let ty = self.pop_ref()?;
        self.check(ty, wanted)?;
        let is_exact = self.outline.matches(ty, exact);
        self.push(if is_exact { Ty::exact_ref(false, descriptor) } else { Ty::concrete_ref(false, descriptor) });
        Ok(())
    }

    fn ref_cast_desc_eq(&mut self, nullable: bool) -> Result<(), Invalid> {
        let ty = self.reference_type(nullable)?;
        self.pop_descriptor(ty)?;
        self.pop_abstract(HeapType::Any)?;
        self.push(ty);
        Ok(())
    }

    /// Pops the descriptor for a cast to this type. If the type is exact, the descriptor's must be, too.
    fn pop_descriptor(&mut self, ty: Ty) -> Result<(), Invalid> {
        let descriptor = self.descriptor(ty)?;
        let is_exact = matches!(ty.heap(), Some(HeapType::Exact(_)));
        self.pop(if is_exact { Ty::exact_ref(true, descriptor) } else { Ty::concrete_ref(true, descriptor) })
    }

    /// Reads a structure type and the index of a field. Returns the type of references to the structure, and the field.
    fn field(&mut self) -> Result<(Ty, Field), Invalid> {
        let (index, fields, _) = self.struct_type()?;
        let number = self.reader.u32_here()?;
        match fields.get(number as usize) {
            Some(&field) => Ok((self.concrete(true, index)?, field)),
            None => Err(self.fault("unknown field: field index out of bounds")),
        }
    }

    fn struct_get(&mut self, packed: bool) -> Result<(), Invalid> {
        let (reference, field) = self.field()?;
        self.require_packed(field, packed)?;
        self.pop(reference)?;
        self.push(field.ty);
        Ok(())
    }

    fn struct_set(&mut self) -> Result<(), Invalid> {
        let (reference, field) = self.field()?;
        self.require_mutable(field)?;
        self.pop_all(&[reference, field.ty])
    }

    /// Reads the index of an array type. Returns the type of references to the array, and its element.
    fn array_type(&mut self) -> Result<(Ty, Field), Invalid> {
        let (index, element) = self.array_index()?;
        Ok((self.concrete(true, index)?, element))
    }

    /// [`BodyValidator::array_type`] for a new array.
    fn new_array_type(&mut self) -> Result<(Ty, Field), Invalid> {
        let (index, element) = self.array_index()?;
        Ok((self.exact(index)?, element))
    }

    /// Reads the index of an array type. Returns it, and the element.
    fn array_index(&mut self) -> Result<(u32, Field), Invalid> {
        let index = self.reader.u32()?;
        match self.outline.composite(index) {
            Some(&Composite::Array(element)) => Ok((index, element)),
            Some(_) => Err(Invalid::of(format_args!("expected array type at index {index}"), self.offset)),
            None => Err(self.unknown("type", index)),
        }
    }

    fn array_new(&mut self) -> Result<(), Invalid> {
        let (reference, element) = self.new_array_type()?;
        self.pop_all(&[element.ty, Ty::I32])?;
        self.push(reference);
        Ok(())
    }

    fn array_new_default(&mut self) -> Result<(), Invalid> {
        let (reference, element) = self.new_array_type()?;
        self.require_default(element.ty.is_defaultable())?;
        self.pop(Ty::I32)?;
        self.push(reference);
        Ok(())
    }

    fn array_new_fixed(&mut self) -> Result<(), Invalid> {
        let (reference, element) = self.new_array_type()?;
        for _ in 0..self.reader.u32()? {
            // In unreachable code there is nothing left to check, however large the count is.
            if self.is_bottomless() {
                break;
            }
            self.pop(element.ty)?;
        }
        self.push(reference);
        Ok(())
    }

    fn array_new_of(&mut self, of_elements: bool) -> Result<(), Invalid> {
        let (reference, element) = self.new_array_type()?;
        self.segment_for(of_elements, element)?;
        self.pop_all(&[Ty::I32; 2])?;
        self.push(reference);
        Ok(())
    }

    fn array_get(&mut self, packed: bool) -> Result<(), Invalid> {
        let (reference, element) = self.array_type()?;
        self.require_packed(element, packed)?;
        self.pop_all(&[reference, Ty::I32])?;
        self.push(element.ty);
        Ok(())
    }

    fn array_set(&mut self) -> Result<(), Invalid> {
        let (reference, element) = self.array_type()?;
        self.require_mutable(element)?;
        self.pop_all(&[reference, Ty::I32, element.ty])
    }

    fn array_fill(&mut self) -> Result<(), Invalid> {
        let (reference, element) = self.array_type()?;
        self.require_mutable(element)?;
        self.pop_all(&[reference, Ty::I32, element.ty, Ty::I32])
    }

    fn array_copy(&mut self) -> Result<(), Invalid> {
        let (to, element) = self.array_type()?;
        let (from, source) = self.array_type()?;
        self.require_mutable(element)?;
        if source.packed != element.packed {
            return Err(self.fault("array types do not match"));
        }
        self.check(source.ty, element.ty)?;
        self.pop_all(&[to, Ty::I32, from, Ty::I32, Ty::I32])
    }

    fn array_init(&mut self, of_elements: bool) -> Result<(), Invalid> {
        let (reference, element) = self.array_type()?;
        self.require_mutable(element)?;
        self.segment_for(of_elements, element)?;
        self.pop_all(&[reference, Ty::I32, Ty::I32, Ty::I32])
    }

    /// Reads the index of a segment that elements of an array are copied from.
    fn segment_for(&mut self, of_elements: bool, element: Field) -> Result<(), Invalid> {
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

    fn require_default(&self, defaultable: bool) -> Result<(), Invalid> {
        if defaultable { Ok(()) } else { Err(self.fault("type mismatch: the field is not defaultable")) }
    }

    fn require_mutable(&self, field: Field) -> Result<(), Invalid> {
        if field.mutable { Ok(()) } else { Err(self.fault("invalid write: the field or array is immutable")) }
    }

    /// Checks that a packed field is read with a sign, and no other field is. `packed` says whether the operator has
    /// a sign.
    fn require_packed(&self, field: Field, packed: bool) -> Result<(), Invalid> {
        match (packed, field.packed != 0) {
            (true, false) => Err(self.fault("cannot use get_s or get_u with non-packed storage types")),
            (false, true) => Err(self.fault("can only use get with non-packed storage types")),
            _ => Ok(()),
        }
    }

    fn ref_test(&mut self, nullable: bool) -> Result<(), Invalid> {
        self.cast_type(nullable)?;
        self.push(Ty::I32);
        Ok(())
    }

    fn ref_cast(&mut self, nullable: bool) -> Result<(), Invalid> {
        let ty = self.cast_type(nullable)?;
        self.push(ty);
        Ok(())
    }

    /// Reads the type of a test or cast, and pops a reference of the same hierarchy.
    fn cast_type(&mut self, nullable: bool) -> Result<Ty, Invalid> {
        let ty = self.reference_type(nullable)?;
        let top = self.castable(ty)?;
        self.pop_abstract(top)?;
        Ok(ty)
    }

    /// Returns the top of the hierarchy that references of this type belong to. There are no casts of continuations.
    fn castable(&self, ty: Ty) -> Result<HeapType, Invalid> {
        let top = ty.heap().and_then(|heap| self.outline.top(heap));
        top.filter(|&top| top != HeapType::Cont).ok_or_else(|| self.fault("invalid cast"))
    }

    /// Validates `br_on_cast` and similar operators.
    fn br_on_cast(&mut self, on_failure: bool, has_descriptor: bool) -> Result<(), Invalid> {
        let Cast { label, from, to } = self.reader.cast()?;
        let (from, to) = (self.reference_to(from, self.offset)?, self.reference_to(to, self.offset)?);
        if self.features.contains(WasmFeatures::CUSTOM_DESCRIPTORS) {
            let top = |ty: Ty| ty.heap().and_then(|heap| self.outline.top(heap));
            if top(from).is_none() || top(from) != top(to) {
                return Err(self.fault("type mismatch: the types of the cast have no common supertype"));
            }
        } else {
            self.check(to, from)?;
        }
        self.castable(to)?;
        if has_descriptor {
            self.pop_descriptor(to)?;
        }
        // The type of the reference if the cast fails. It may be null only if null fails the cast.
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
