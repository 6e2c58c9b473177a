//! Validates the types of a module, group by group (spec: valid/types#recursive-types).
//!
//! Two recursion groups are equal if they differ only in the indices of their own types. Their types are then equal
//! in pairs. To find equal groups, a group is first read as if it were new: its types get the next places in the
//! outline. Then it is encoded, with its own types counted from the start of the group. If a group before has the
//! same encoding, the new types are dropped in favour of those.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmparser::WasmFeatures;

use crate::fault::Invalid;
use crate::limits::{MAX_DEPTH, MAX_FIELDS, MAX_PARAMS, MAX_RESULTS, MAX_TYPES};
use crate::outline::{Composite, FuncType, Type};
use crate::read::Reader;
use crate::sections::Sections;
use crate::type_reader::TypeReader;
use crate::types::{Field, Ty};

/// The bytes before a type that has such a clause.
const DESCRIBES: u8 = 0x4c;
const DESCRIPTOR: u8 = 0x4d;

/// A group that is being read.
struct Group {
    /// The index of its first type.
    first: u32,
    /// The place of its first type in `Outline::types`.
    place: u32,
    /// The number of types.
    count: u32,
}

impl Sections {
    /// Reads a group, or a single type.
    pub fn group(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        let mut count = 1;
        if reader.peek()? == 0x4e {
            reader.skip(1)?;
            count = self.size(reader, MAX_TYPES, "rec group types")? as u32;
            self.require(WasmFeatures::GC, "rec group usage requires `gc` proposal to be enabled")?;
        }
        let (first, place) = (self.outline.canonical.len(), self.outline.types.len() as u32);
        if count as usize > MAX_TYPES.saturating_sub(first) {
            return Err(self.exceeded("types", MAX_TYPES));
        }
        let group = Group { first: first as u32, place, count };
        let start = self.offset;
        for number in 0..count {
            self.offset = reader.offset();
            let ty = self.sub_type(reader, &group, number)?;
            self.outline.types.try_push(ty)?;
        }
        self.offset = start;
        let same = self.same(place)?;
        if same == place {
            self.subtypes(place)?;
        } else {
            self.outline.types.truncate(place as usize);
        }
        self.outline.canonical.try_room(count as usize)?;
        self.outline.canonical.extend(same..same + count);
        Ok(())
    }

    /// Returns the place of the first group that is equal to the one at `place`, which is the last one. This may be
    /// that group itself.
    #[inline(never)]
    fn same(&mut self, place: u32) -> Result<u32, OutOfMemory> {
        let types = self.outline.types.get(place as usize..).unwrap_or_default();
        let (start, number) = (self.written.len(), self.places.len());
        write_down(types, place, &mut self.written)?;
        let key_of = |number: u32| {
            let end_of = |number: usize| self.places.get(number).map_or(start, |&(end, _)| end);
            let first = (number as usize).checked_sub(1).map_or(0, end_of);
            self.written.get(first..end_of(number as usize)).unwrap_or_default()
        };
        let key = self.written.get(start..).unwrap_or_default();
        let known = self.groups.insert(key, number as u32, &key_of)?;
        if let Some(&(_, same)) = known.and_then(|known| self.places.get(known as usize)) {
            self.written.truncate(start);
            return Ok(same);
        }
        self.places.try_push((self.written.len(), place))?;
        Ok(place)
    }

    /// Reads the type with this number in its group.
    #[inline(never)]
    fn sub_type(&self, reader: &mut Reader<'_>, group: &Group, number: u32) -> Result<Type, Invalid> {
        let (mut kind, mut supertype, mut is_final) = (reader.byte()?, None, true);
        if matches!(kind, 0x4f | 0x50) {
            self.require(WasmFeatures::GC, "gc proposal must be enabled to use subtypes")?;
            is_final = kind == 0x4f;
            supertype = match reader.u32()? {
                0 => None,
                1 => Some(reader.u32()?),
                _ => return Err(self.fault("sub type must not have multiple supertypes")),
            };
            kind = reader.byte()?;
        }
        let supertype = match supertype {
            None => None,
            Some(index) => {
                let place = self.place(group, index, self.offset)?;
                if index >= group.first + number {
                    return Err(self.fault("unknown type: supertypes must be defined before subtypes"));
                }
                Some(place)
            }
        };
        kind = self.foreign_prefix(reader, kind)?;
        let describes = self.clause(reader, &mut kind, DESCRIBES, group, number)?;
        let descriptor = self.clause(reader, &mut kind, DESCRIPTOR, group, group.count)?;
        let place = |index, offset| self.place(group, index, offset);
        let written = TypeReader { features: self.features, canonical: &place };
        let composite = match kind {
            0x60 => {
                let mut values = |limit, what| -> Result<Box<[Ty]>, Invalid> {
                    let count = self.size(reader, limit, what)?;
                    let mut types = try_with_capacity(count.min(reader.left()))?;
                    for _ in 0..count {
                        types.try_push(written.value_type(reader)?)?;
                    }
                    Ok(types.try_into_box()?)
                };
                let (params, results) =
                    (values(MAX_PARAMS, "function params")?, values(MAX_RESULTS, "function returns")?);
                if results.len() > 1 {
                    let message = "func type returns multiple values but the multi-value feature is not enabled";
                    self.require(WasmFeatures::MULTI_VALUE, message)?;
                }
                Composite::Func(FuncType { params, results })
            }
            0x5f => {
                self.require(WasmFeatures::GC, "struct indexed types not supported without the gc feature")?;
                let count = self.size(reader, MAX_FIELDS, "struct fields")?;
                let mut fields = try_with_capacity(count.min(reader.left()))?;
                for _ in 0..count {
                    fields.try_push(self.field(reader, &written)?)?;
                }
                let fields: Box<[Field]> = fields.try_into_box()?;
                Composite::Struct { defaultable: fields.iter().all(|field| field.ty.is_defaultable()), fields }
            }
            0x5e => {
                self.require(WasmFeatures::GC, "array indexed types not supported without the gc feature")?;
                Composite::Array(self.field(reader, &written)?)
            }
            0x5d => {
                let message = "cannot define continuation types when stack switching is disabled";
                self.require(WasmFeatures::STACK_SWITCHING, message)?;
                let offset = reader.offset();
                let index = u32::try_from(reader.signed(33)?);
                Composite::Cont(place(index.map_err(|_| self.fault("unknown type"))?, offset)?)
            }
            _ => return Err(Invalid::of(format_args!("invalid leading byte (0x{kind:x}) for type"), self.offset)),
        };
        if (describes.is_some() || descriptor.is_some()) && !matches!(composite, Composite::Struct { .. }) {
            return Err(self.fault("a type with a descriptor, or of one, must be a struct"));
        }
        let ty = self.outline.declare_type(supertype, is_final, composite);
        if ty.depth > MAX_DEPTH {
            return Err(self.fault("sub type hierarchy too deep"));
        }
        Ok(Type { describes, descriptor, ..ty })
    }

    /// Returns the place of the type with this index. For types of the current group, it is the place that they get
    /// if the group is new.
    #[inline(never)]
    fn place(&self, group: &Group, index: u32, offset: usize) -> Result<u32, Invalid> {
        match index.checked_sub(group.first) {
            Some(number) if number < group.count => {
                if self.has(WasmFeatures::GC) {
                    return Ok(group.place + number);
                }
                let message = "unknown type: type index out of bounds because the GC proposal is disabled";
                Err(Invalid::missing(WasmFeatures::GC, message, offset))
            }
            _ => self.outline.canonical_at(index, offset),
        }
    }

    /// Reads a field.
    #[inline(never)]
    fn field(&self, reader: &mut Reader<'_>, written: &TypeReader<'_>) -> Result<Field, Invalid> {
        let packed = match reader.peek()? {
            0x78 => 8,
            0x77 => 16,
            _ => 0,
        };
        let ty = if packed == 0 {
            written.value_type(reader)?
        } else {
            reader.skip(1)?;
            Ty::I32
        };
        match reader.byte()? {
            mutable @ (0 | 1) => Ok(Field { ty, packed, mutable: mutable == 1 }),
            _ => Err(self.fault("malformed mutability byte for field type")),
        }
    }

    /// Reads what a proposal puts before a type. It is not validated, because no build runs this proposal.
    #[inline(never)]
    fn foreign_prefix(&self, reader: &mut Reader<'_>, mut kind: u8) -> Result<u8, Invalid> {
        if kind == 0x65 {
            let message = "shared composite types require the shared-everything-threads proposal";
            self.require(WasmFeatures::SHARED_EVERYTHING_THREADS, message)?;
            kind = reader.byte()?;
        }
        Ok(kind)
    }

    /// Reads the clause that begins with this byte, if it comes next. Returns the place of the type that it names, which
    /// is one of the first `end` types of the group.
    #[inline(never)]
    fn clause(
        &self,
        reader: &mut Reader<'_>,
        kind: &mut u8,
        byte: u8,
        group: &Group,
        end: u32,
    ) -> Result<Option<u32>, Invalid> {
        if *kind != byte {
            return Ok(None);
        }
        let message = "custom descriptors proposal must be enabled to use descriptor and describes";
        self.require(WasmFeatures::CUSTOM_DESCRIPTORS, message)?;
        let number = reader.u32()?.checked_sub(group.first).filter(|&number| number < end);
        *kind = reader.byte()?;
        match number {
            Some(number) => Ok(Some(group.place + number)),
            None => Err(self.fault("unknown type: the type or descriptor is outside the group, or comes later")),
        }
    }

    /// Checks that a type and the type of its descriptors name each other, and that they have supertypes together. A
    /// supertype of a type with descriptors may be without.
    fn descriptors(&self, place: u32, ty: &Type) -> Result<(), Invalid> {
        let types = &self.outline.types;
        let at = |place: Option<u32>| place.and_then(|place| types.get(place as usize));
        let (descriptor, described) = (at(ty.descriptor), at(ty.describes));
        if descriptor.is_some_and(|descriptor| descriptor.describes != Some(place))
            || described.is_some_and(|described| described.descriptor != Some(place))
        {
            return Err(self.fault("a type and its descriptor must name each other"));
        }
        let Some(supertype) = at(ty.supertype) else { return Ok(()) };
        let above = |ty: Option<&Type>| ty.and_then(|ty| ty.supertype);
        let same = ty.describes.is_some() == supertype.describes.is_some() && above(described) == supertype.describes;
        let matches = supertype.descriptor.is_none() || above(descriptor) == supertype.descriptor;
        if same && matches {
            Ok(())
        } else {
            Err(self.fault("sub type must match super type: its descriptor does not"))
        }
    }

    /// Checks that the types from this place on match their supertypes.
    #[inline(never)]
    fn subtypes(&self, first: u32) -> Result<(), Invalid> {
        let types = &self.outline.types;
        for (place, ty) in (first..).zip(types.get(first as usize..).unwrap_or_default()) {
            if let Composite::Cont(func) = ty.composite
                && self.outline.func_type_at(func).is_none()
            {
                return Err(self.fault("non-function type in a continuation type"));
            }
            if self.has(WasmFeatures::CUSTOM_DESCRIPTORS) {
                self.descriptors(place, ty)?;
            }
            let Some(supertype) = ty.supertype.and_then(|place| types.get(place as usize)) else { continue };
            if supertype.is_final {
                return Err(self.fault("sub type cannot have a final super type"));
            }
            if !self.outline.composite_matches(&ty.composite, &supertype.composite) {
                return Err(self.fault("sub type must match super type"));
            }
        }
        Ok(())
    }
}

/// Encodes a group, whose types begin at this place. Different groups have different encodings, which do not depend
/// on the place.
#[inline(never)]
fn write_down(types: &[Type], first: u32, key: &mut Vec<u8>) -> Result<(), OutOfMemory> {
    let mut number = |number: u32| key.try_extend_from_slice(&number.to_le_bytes());
    for ty in types {
        let (kind, count) = match &ty.composite {
            Composite::Func(ty) => (0, ty.params.len()),
            Composite::Struct { fields, .. } => (1, fields.len()),
            Composite::Array(_) => (2, 0),
            Composite::Cont(_) => (3, 0),
        };
        let clauses = u32::from(ty.describes.is_some()) | u32::from(ty.descriptor.is_some()) << 1;
        let flags = u32::from(ty.is_final) | u32::from(ty.supertype.is_some()) << 1 | kind << 2 | clauses << 4;
        number(flags | (count as u32) << 6)?;
        for place in [ty.supertype, ty.describes, ty.descriptor].into_iter().flatten() {
            number(Ty::concrete_ref(true, place).number_in_group(first))?;
        }
        let (values, fields) = match &ty.composite {
            Composite::Func(ty) => ([&*ty.params, &ty.results], &[][..]),
            Composite::Struct { fields, .. } => ([&[][..]; 2], &**fields),
            Composite::Array(field) => ([&[][..]; 2], core::slice::from_ref(field)),
            Composite::Cont(_) => ([&[][..]; 2], &[][..]),
        };
        if let Composite::Cont(func) = ty.composite {
            number(Ty::concrete_ref(true, func).number_in_group(first))?;
        }
        for &ty in values.into_iter().flatten() {
            number(ty.number_in_group(first))?;
        }
        // This marks the end of the results.
        if kind == 0 {
            number(u32::MAX)?;
        }
        for field in fields {
            number(field.ty.number_in_group(first))?;
            number(u32::from(field.packed) << 1 | u32::from(field.mutable))?;
        }
    }
    Ok(())
}
