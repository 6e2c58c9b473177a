//! Verifies the records of an image, so that the code that instantiates it can rely on them.

use super::error::{ImageError, ImageErrorKind};
use super::layout::{self, Section, constants, kinds, modes};
use super::read::{ElemRecord, Image, OpSet, some};
use crate::code::MAX_FUNCTION_UNITS;
use crate::exception_table::DELEGATE;
use crate::frame::{HEADER, MAX_HEADER};
use crate::types::{HeapType, RefType, ValType};

use ImageErrorKind as Kind;

/// The result of a verification.
type Verified = Result<(), ImageError>;

#[cold]
pub(super) fn fail<T>(kind: ImageErrorKind, offset: usize) -> Result<T, ImageError> {
    Err(ImageError { kind, offset: offset as u32 })
}

impl Image<'_> {
    /// Verifies all records. The code of functions is left to [`Image::verify_function`], and the bytes of data
    /// segments to [`Image::verify_data`]. `extended` says whether the caller can run the extended op set.
    ///
    /// # Errors
    /// If a record is malformed.
    #[cfg_attr(feature = "alloc", inline(never))]
    pub fn verify_metadata(&self, extended: bool) -> Verified {
        if self.op_set() == OpSet::Extended && !extended {
            return fail(Kind::Extended, layout::AT_OP_SET);
        }
        for section in Section::ALL {
            let (first, count) = (self.section(section), self.count(section));
            let end = (count as usize).checked_mul(section.record()).and_then(|len| first.checked_add(len));
            let inside = first >= layout::HEADER_LEN && end.is_some_and(|end| end <= self.meta_end());
            if !inside || first % 4 != 0 {
                return fail(Kind::OutOfRange, layout::AT_SECTIONS + 8 * section as usize);
            }
        }
        self.verify_types()?;
        self.verify_imports()?;
        self.verify_funcs()?;
        let mut constants = Constants { image: self, next: 0 };
        self.each(Section::Tables, |index, at| constants.table(index, at))?;
        self.each(Section::Memories, |index, at| self.verify_memory(index, at))?;
        self.each(Section::Globals, |index, at| constants.global(index, at))?;
        self.each(Section::Exports, |index, at| self.verify_export(index, at))?;
        constants.elems()?;
        constants.data()?;
        self.each(Section::Names, |_, at| self.verify_string(at + 4))?;
        // Firmware reads none.
        if cfg!(feature = "alloc") {
            self.verify_customs()?;
        }
        self.verify_exceptions()?;
        if let Some(start) = self.start() {
            let ty = self.func(start).and_then(|func| self.ty(func.ty.into()));
            if ty.is_none_or(|ty| ty.params != 0 || ty.results != 0) {
                return fail(Kind::Type, layout::AT_START);
            }
        }
        Ok(())
    }

    /// Calls `verify` with the index and the offset of each record of a section.
    fn each(&self, section: Section, mut verify: impl FnMut(u32, usize) -> Verified) -> Verified {
        for index in 0..self.count(section) {
            if let Some(at) = self.record(section, index) {
                verify(index, at)?;
            }
        }
        Ok(())
    }

    /// Verifies the name whose offset and length are at `at`.
    fn verify_string(&self, at: usize) -> Verified {
        match self.u32(at).checked_add(self.u32(at + 4)) {
            Some(end) if end <= self.count(Section::Strings) => Ok(()),
            _ => fail(Kind::OutOfRange, at),
        }
    }

    /// Verifies the types. Each must have its value types right after those of the type before, so that this is linear.
    fn verify_types(&self) -> Verified {
        let count = self.count(Section::Types);
        let placed = self.count(Section::SubTypes);
        if placed != 0 && (placed != count || !self.is_managed()) {
            return fail(Kind::Record, layout::AT_SECTIONS + 8 * Section::SubTypes as usize);
        }
        let mut next = 0;
        let mut group = 0;
        for index in 0..count {
            let (Some(at), Some(ty)) = (self.record(Section::Types, index), self.ty(index)) else { break };
            if ty.first != next {
                return fail(Kind::OutOfRange, at);
            }
            let Some(place) = self.sub_type(index) else { return fail(Kind::Record, at) };
            if place.group != index && (index == 0 || place.group != group)
                || place.supertype.is_some_and(|supertype| supertype >= index)
                || place.describes.is_some_and(|described| described >= index || described < place.group)
            {
                return fail(Kind::Record, at);
            }
            group = place.group;
            // A type may refer to types of its own group and of groups before.
            let known = |ty: ValType| {
                let index = ty.reference().and_then(RefType::index);
                index.is_none_or(|index| self.sub_type(index).is_some_and(|other| other.group <= group))
            };
            let mut slots = [0u32; 2];
            if !cfg!(feature = "managed") || place.kind == layout::subtypes::FUNC {
                for (slots, count) in slots.iter_mut().zip([ty.params, ty.results]) {
                    for _ in 0..count {
                        let Some(ty) = self.val_type(next).filter(|&ty| known(ty)) else {
                            return fail(Kind::Type, at);
                        };
                        *slots += u32::from(ty.slots());
                        next += 1;
                    }
                }
            } else {
                use layout::subtypes::{CONT, STRUCT};
                let one = ty.params == 1 && (place.kind != CONT || self.has_continuations());
                if ty.results != 0 || !one && place.kind != STRUCT {
                    return fail(Kind::Record, at);
                }
                for _ in 0..ty.params {
                    let field = self.field_type(next).filter(|field| known(field.element_type().unpacked()));
                    if field.is_none() {
                        return fail(Kind::Type, at);
                    }
                    next += 1;
                }
            }
            let header = slots[0].max(slots[1]);
            if u32::from(ty.param_slots) != slots[0] || u32::from(ty.header) != header || ty.header > MAX_HEADER {
                return fail(Kind::Record, at);
            }
        }
        Ok(())
    }

    fn verify_imports(&self) -> Verified {
        let mut seen = [0; 5];
        for index in 0..self.count(Section::Imports) {
            let Some(at) = self.record(Section::Imports, index) else { break };
            self.verify_string(at)?;
            self.verify_string(at + 8)?;
            let Some(import) = self.import(index) else { break };
            match seen.get_mut(import.kind as usize) {
                Some(seen) if *seen == import.index => *seen += 1,
                _ => return fail(Kind::Record, at + 16),
            }
        }
        let spaces = [Section::Funcs, Section::Tables, Section::Memories, Section::Globals, Section::Tags];
        for (kind, (seen, space)) in seen.into_iter().zip(spaces).enumerate() {
            if self.imported(kind as u32) != seen || self.count(space) < seen {
                return fail(Kind::Record, layout::AT_IMPORTED + 4 * kind);
            }
        }
        Ok(())
    }

    fn verify_funcs(&self) -> Verified {
        let count = self.count(Section::Funcs);
        let imported = self.imported(kinds::FUNC);
        let longest = MAX_FUNCTION_UNITS.min(self.longest() as usize);
        let mut previous = 0;
        for index in 0..count {
            let (Some(at), Some(func)) = (self.record(Section::Funcs, index), self.func(index)) else { break };
            let ty = u32::from(func.ty);
            let is_func = self.sub_type(ty).is_some_and(|ty| ty.kind == layout::subtypes::FUNC);
            let header = self.ty(ty).filter(|_| is_func).map(|ty| ty.header);
            if header != Some(func.header) || func.frame_slots < func.header + HEADER {
                return fail(Kind::Record, at);
            }
            if index < imported {
                continue;
            }
            // The code of a function ends where that of the next one begins.
            if func.code < previous || index == imported && func.code != 0 {
                return fail(Kind::Record, at);
            }
            previous = func.code;
            match self.code_range(index) {
                Some(range) if range.len() / 2 <= longest && range.len() % 2 == 0 => {}
                _ => return fail(Kind::OutOfRange, at),
            }
        }
        Ok(())
    }

    /// Verifies that tags have function types, that handlers are ordered by function, and that handlers name existing
    /// tags.
    fn verify_exceptions(&self) -> Verified {
        let known = self.is_managed();
        if !known {
            let none = self.count(Section::Tags) | self.count(Section::Handlers) == 0;
            return if none { Ok(()) } else { fail(Kind::Record, layout::AT_SECTIONS + 8 * Section::Tags as usize) };
        }
        self.each(Section::Tags, |index, at| {
            let ty = self.tag(index).and_then(|ty| self.sub_type(ty));
            let is_func = ty.is_some_and(|ty| ty.kind == layout::subtypes::FUNC);
            if is_func { Ok(()) } else { fail(Kind::Type, at) }
        })?;
        let mut before = 0;
        self.each(Section::Handlers, |index, at| {
            let func = self.u32(at);
            let tag = self.handler(index).map_or(0, |handler| handler.tag);
            if func < before || tag < DELEGATE && tag >= self.count(Section::Tags) {
                return fail(Kind::Record, at);
            }
            before = func;
            Ok(())
        })
    }

    /// Verifies custom sections. They must not overlap, so that their names are no more than the image. Each name must be
    /// UTF-8: readers rely on it.
    fn verify_customs(&self) -> Verified {
        let mut before = 0;
        self.each(Section::Customs, |_, at| {
            let [first, name, len] = [0, 4, 8].map(|field| self.u32(at + field));
            let end = u64::from(first) + u64::from(name) + u64::from(len);
            if u64::from(first) < before || end > u64::from(self.count(Section::Strings)) {
                return fail(Kind::OutOfRange, at);
            }
            if core::str::from_utf8(self.string(first, name)).is_err() {
                return fail(Kind::Name, at);
            }
            before = end;
            Ok(())
        })
    }

    fn verify_memory(&self, index: u32, at: usize) -> Verified {
        let Some(memory) = self.memory(index) else { return Ok(()) };
        let Some(most) = memory.most_pages() else { return fail(Kind::Record, at) };
        if memory.min > most || memory.max.is_some_and(|max| max < memory.min || max > most) {
            return fail(Kind::Record, at);
        }
        if memory.shared && (memory.max.is_none() || !self.threads()) {
            return fail(Kind::Record, at);
        }
        Ok(())
    }

    fn verify_export(&self, index: u32, at: usize) -> Verified {
        self.verify_string(at)?;
        let Some(export) = self.export(index) else { return Ok(()) };
        let space = match export.kind {
            kinds::FUNC => Section::Funcs,
            kinds::TABLE => Section::Tables,
            kinds::MEMORY => Section::Memories,
            kinds::GLOBAL => Section::Globals,
            kinds::TAG => Section::Tags,
            _ => return fail(Kind::Record, at),
        };
        if export.index < self.count(space) { Ok(()) } else { fail(Kind::Index, at) }
    }

    /// Verifies the bytes of data segments by their checksum. `file` is the whole image.
    ///
    /// # Errors
    /// If the checksum is wrong.
    #[cfg_attr(feature = "alloc", inline(never))]
    pub fn verify_data(&self, file: &[u8]) -> Verified {
        let bytes = file.get(self.code_end()..self.file_len()).unwrap_or(&[]);
        if super::checksum(0, bytes) == self.u32(layout::AT_DATA_CHECK) {
            Ok(())
        } else {
            fail(Kind::Checksum, self.code_end())
        }
    }

    /// Returns the value type with this number. If it refers to a type by index, that type must exist.
    fn known_type(&self, number: u32) -> Option<ValType> {
        let ty = ValType::from_number(number)?;
        let index = ty.reference().and_then(RefType::index);
        index.is_none_or(|index| index < self.count(Section::Types)).then_some(ty)
    }
}

/// Whether a value of type `ty` may be used as one of type `wanted`. Types of references are not compared, because
/// instructions check a reference when they use it.
fn fits(ty: ValType, wanted: ValType) -> bool {
    ty == wanted || ty.is_ref() && wanted.is_ref()
}

/// Verifies the records that have constant expressions. The expressions must lie one after the other, in the order in
/// which they are used, so that this is linear.
struct Constants<'a> {
    image: &'a Image<'a>,
    /// The word where the next expression must begin.
    next: u32,
}

impl Constants<'_> {
    fn table(&mut self, index: u32, at: usize) -> Verified {
        let Some(table) = self.image.table(index) else { return Ok(()) };
        let Some(element) = self.image.known_type(table.what).filter(|ty| ty.is_ref()) else {
            return fail(Kind::Type, at);
        };
        match some(table.init) {
            Some(init) => self.expression(init, element),
            None => Ok(()),
        }
    }

    fn global(&mut self, index: u32, at: usize) -> Verified {
        let Some(global) = self.image.global(index) else { return Ok(()) };
        let Some(content) = self.image.known_type(global.content) else { return fail(Kind::Type, at) };
        match some(global.init) {
            _ if index < self.image.imported(kinds::GLOBAL) => Ok(()),
            // The expression may use only the globals before this one.
            Some(init) => self.expression_before(init, content, index),
            None => fail(Kind::Constant, at),
        }
    }

    /// Verifies element segments. Each must have its items right after those of the segment before.
    fn elems(&mut self) -> Verified {
        let mut next = 0;
        for index in 0..self.image.count(Section::Elems) {
            let (Some(at), Some(elem)) = (self.image.record(Section::Elems, index), self.image.elem(index)) else {
                break;
            };
            if elem.items != next {
                return fail(Kind::OutOfRange, at);
            }
            self.elem(elem, at)?;
            next += elem.count;
        }
        Ok(())
    }

    fn elem(&mut self, elem: ElemRecord, at: usize) -> Verified {
        let image = self.image;
        let Some(ty) = image.known_type(elem.ty).filter(|ty| ty.is_ref()) else { return fail(Kind::Type, at) };
        match elem.mode {
            modes::ACTIVE => {
                let Some(table) = image.table(elem.target) else { return fail(Kind::Index, at) };
                self.expression(elem.offset, if table.wide { ValType::I64 } else { ValType::I32 })?;
            }
            modes::PASSIVE | modes::DECLARED => {}
            _ => return fail(Kind::Record, at),
        }
        let Some(end) = elem.items.checked_add(elem.count) else { return fail(Kind::OutOfRange, at) };
        for index in elem.items..end {
            match image.item(index) {
                Some(init) if elem.exprs => self.expression(init, ty)?,
                Some(reference) if ty.is_ref() && reference.wrapping_sub(1) < image.count(Section::Funcs) => {}
                Some(_) => return fail(Kind::Index, at),
                None => return fail(Kind::OutOfRange, at),
            }
        }
        Ok(())
    }

    /// Verifies data segments. Their bytes lie one after the other and must end where the image ends.
    fn data(&mut self) -> Verified {
        let mut left = self.image.file_len().saturating_sub(self.image.code_end());
        for index in 0..self.image.count(Section::Data) {
            let (Some(at), Some(data)) = (self.image.record(Section::Data, index), self.image.data(index)) else {
                break;
            };
            match data.mode {
                modes::ACTIVE => {
                    let Some(memory) = self.image.memory(data.target) else { return fail(Kind::Index, at) };
                    if !data.fixed {
                        self.expression(data.offset, if memory.wide { ValType::I64 } else { ValType::I32 })?;
                    }
                }
                modes::PASSIVE => {}
                _ => return fail(Kind::Record, at),
            }
            match left.checked_sub(data.len as usize) {
                Some(rest) => left = rest,
                None => return fail(Kind::OutOfRange, at),
            }
        }
        if left == 0 { Ok(()) } else { fail(Kind::OutOfRange, layout::AT_FILE_LEN) }
    }

    /// Verifies that the next constant expression begins at this word and gives a value of type `ty`.
    fn expression(&mut self, at: u32, ty: ValType) -> Verified {
        self.expression_before(at, ty, self.image.count(Section::Globals))
    }

    /// Verifies that the next constant expression begins at this word, gives a value of type `ty`, and uses only
    /// globals below index `globals`.
    fn expression_before(&mut self, first: u32, ty: ValType, globals: u32) -> Verified {
        let image = self.image;
        let offset = image.section(Section::Consts).wrapping_add((first as usize).wrapping_mul(4));
        if first != self.next {
            return fail(Kind::Constant, offset);
        }
        const OBJECT: ValType = ValType::Ref(RefType::new(true, HeapType::Any));
        let objects = cfg!(feature = "managed") && image.features() & layout::features::GC != 0;
        let mut stack = [ValType::I32; constants::MAX_DEPTH];
        let mut depth = 0;
        let mut at = first;
        for _ in 0..=constants::MAX_LENGTH {
            let word = image.constant(at);
            let number = image.val_number(word.unwrap_or(constants::END));
            at = at.saturating_add(1);
            let arithmetic =
                |ty: ValType| if depth >= 2 && stack[depth - 2..depth] == [ty; 2] { Some(ty) } else { None };
            let (pops, pushed) = match word.map(|word| word & 0xff) {
                Some(constants::NUM) => {
                    at = at.saturating_add(2);
                    (0, number.filter(|ty| !ty.is_ref() && *ty != ValType::V128))
                }
                Some(constants::V128) => {
                    at = at.saturating_add(4);
                    (0, Some(ValType::V128))
                }
                Some(constants::GLOBAL_GET) => {
                    let index = image.constant(at).filter(|&index| index < globals);
                    at = at.saturating_add(1);
                    (0, index.and_then(|index| ValType::from_number(image.global(index)?.content)))
                }
                Some(constants::REF_NULL) => {
                    let ty = image.constant(at).and_then(|number| image.known_type(number));
                    at = at.saturating_add(1);
                    (0, ty.filter(|ty| ty.is_ref()))
                }
                Some(constants::REF_FUNC) => {
                    let index = image.constant(at).filter(|&index| index < image.count(Section::Funcs));
                    at = at.saturating_add(1);
                    (0, index.map(|_| ValType::FUNCREF))
                }
                Some(constants::REF_I31) if objects => {
                    let top = depth.checked_sub(1).and_then(|top| stack.get(top));
                    (1, top.filter(|&&ty| ty == ValType::I32).map(|_| OBJECT))
                }
                Some(
                    tag @ (constants::STRUCT_NEW
                    | constants::STRUCT_NEW_DEFAULT
                    | constants::STRUCT_NEW_DESC
                    | constants::STRUCT_NEW_DEFAULT_DESC
                    | constants::ARRAY_NEW
                    | constants::ARRAY_NEW_DEFAULT
                    | constants::ARRAY_NEW_FIXED),
                ) if objects => {
                    let index = image.constant(at);
                    at = at.saturating_add(1);
                    let kind = index.and_then(|index| image.sub_type(index)).map(|ty| ty.kind);
                    let is_array =
                        matches!(tag, constants::ARRAY_NEW | constants::ARRAY_NEW_DEFAULT | constants::ARRAY_NEW_FIXED);
                    let wanted = if is_array { layout::subtypes::ARRAY } else { layout::subtypes::STRUCT };
                    let fields = || index.and_then(|index| image.ty(index)).map(|ty| usize::from(ty.params));
                    let pops = match tag {
                        constants::STRUCT_NEW => fields(),
                        constants::STRUCT_NEW_DESC => fields().map(|fields| fields + 1),
                        constants::STRUCT_NEW_DEFAULT => Some(0),
                        constants::ARRAY_NEW => Some(2),
                        constants::ARRAY_NEW_DEFAULT | constants::STRUCT_NEW_DEFAULT_DESC => Some(1),
                        _ => {
                            let count = image.constant(at).map(|count| count as usize);
                            at = at.saturating_add(1);
                            count
                        }
                    };
                    // The types of the values do not matter: an object holds any bits safely.
                    let pops = pops.filter(|&pops| kind == Some(wanted) && pops <= depth);
                    (pops.unwrap_or(0), pops.map(|_| OBJECT))
                }
                Some(constants::I32_ADD | constants::I32_SUB | constants::I32_MUL) => (2, arithmetic(ValType::I32)),
                Some(constants::I64_ADD | constants::I64_SUB | constants::I64_MUL) => (2, arithmetic(ValType::I64)),
                Some(constants::END) if depth == 1 && fits(stack[0], ty) => {
                    self.next = at;
                    return Ok(());
                }
                _ => (0, None),
            };
            // A word after the last one reads as an end, so the length is checked as well.
            let Some(pushed) = pushed.filter(|_| at <= image.count(Section::Consts)) else {
                return fail(Kind::Constant, offset);
            };
            depth -= pops;
            let Some(top) = stack.get_mut(depth) else { return fail(Kind::Constant, offset) };
            *top = pushed;
            depth += 1;
        }
        fail(Kind::Constant, offset)
    }
}
