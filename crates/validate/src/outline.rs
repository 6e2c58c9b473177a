//! What bodies are checked against: all of the module but bodies, which the validator of wasmparser has found valid.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use wasmote_ir::HeapType;
use wasmparser::types::CoreTypeId;
use wasmparser::{CompositeInnerType, StorageType, UnpackedIndex, ValType, ValidatorResources, WasmModuleResources};

use crate::types::{Field, Ty};

/// A module's types and what its index spaces hold.
#[derive(Default)]
pub struct Outline {
    types: Vec<Type>,
    funcs: Vec<u32>,
    /// Functions that `ref.func` may name.
    declared: Vec<bool>,
    tables: Vec<Table>,
    /// The type of addresses of each memory.
    memories: Vec<Ty>,
    globals: Vec<Global>,
    /// For each tag its parameters: a place in `tag_types`, of which there are as many as there are types, however many tags.
    tags: Vec<usize>,
    tag_types: Vec<Box<[Ty]>>,
    elems: Vec<Ty>,
    /// Data segments, if the module says in front of its code how many there are.
    data: Option<u32>,
}

struct Type {
    /// The first type that is equal.
    canonical: u32,
    /// The first that is equal to its supertype.
    supertype: Option<u32>,
    /// Its number among all types, counted so that its subtypes have the next ones, and the first number behind these.
    subtypes: Range<u32>,
    composite: Composite,
}

/// What a type defines.
pub enum Composite {
    Func(FuncType),
    Struct {
        fields: Box<[Field]>,
        /// All of them can begin with a default value.
        defaultable: bool,
    },
    Array(Field),
    /// A type of a proposal that is not known here.
    Foreign,
}

pub struct FuncType {
    pub params: Box<[Ty]>,
    pub results: Box<[Ty]>,
}

#[derive(Clone, Copy)]
pub struct Table {
    pub element: Ty,
    /// The type of its indices.
    pub index: Ty,
}

#[derive(Clone, Copy)]
pub struct Global {
    pub ty: Ty,
    pub mutable: bool,
}

impl Outline {
    pub fn new(module: &ValidatorResources) -> Outline {
        let canonical = Canonical::new(module);
        let each = |at: &mut dyn FnMut(u32) -> bool| (0..).find(|&index| !at(index));
        let mut outline = Outline { data: module.data_count(), ..Outline::default() };
        outline.types = canonical.types(module);
        each(&mut |at| {
            outline.memories.extend(module.memory_at(at).map(|memory| canonical.ty(memory.index_type())));
            outline.memories.len() > at as usize
        });
        each(&mut |at| {
            outline.tables.extend(module.table_at(at).map(|table| Table {
                element: canonical.ty(ValType::Ref(table.element_type)),
                index: canonical.ty(table.index_type()),
            }));
            outline.tables.len() > at as usize
        });
        each(&mut |at| {
            let global = module.global_at(at);
            outline
                .globals
                .extend(global.map(|global| Global { ty: canonical.ty(global.content_type), mutable: global.mutable }));
            outline.globals.len() > at as usize
        });
        // Tags of one type share its description.
        let mut seen = BTreeMap::new();
        each(&mut |at| {
            let Some(tag) = module.tag_at(at) else { return false };
            let place = *seen.entry(core::ptr::from_ref(tag)).or_insert_with(|| {
                outline.tag_types.push(canonical.all(tag.params()));
                outline.tag_types.len() - 1
            });
            outline.tags.push(place);
            true
        });
        each(&mut |at| {
            outline.elems.extend(module.element_type_at(at).map(|ty| canonical.ty(ValType::Ref(ty))));
            outline.elems.len() > at as usize
        });
        each(&mut |at| {
            let func = module.type_index_of_function(at);
            outline.funcs.extend(func);
            outline.declared.extend(func.map(|_| module.is_function_referenced(at)));
            func.is_some()
        });
        outline
    }

    pub fn composite(&self, ty: u32) -> Option<&Composite> {
        Some(&self.types.get(ty as usize)?.composite)
    }

    /// The index that stands for this type and all that are equal.
    pub fn canonical(&self, ty: u32) -> Option<u32> {
        Some(self.types.get(ty as usize)?.canonical)
    }

    /// The type of a function, as index.
    pub fn func(&self, func: u32) -> Option<u32> {
        self.funcs.get(func as usize).copied()
    }

    pub fn is_declared(&self, func: u32) -> bool {
        self.declared.get(func as usize) == Some(&true)
    }

    pub fn table(&self, table: u32) -> Option<Table> {
        self.tables.get(table as usize).copied()
    }

    pub fn memory(&self, memory: u32) -> Option<Ty> {
        self.memories.get(memory as usize).copied()
    }

    pub fn global(&self, global: u32) -> Option<Global> {
        self.globals.get(global as usize).copied()
    }

    pub fn tag(&self, tag: u32) -> Option<&[Ty]> {
        self.tag_types.get(*self.tags.get(tag as usize)?).map(|params| &**params)
    }

    pub fn elem(&self, elem: u32) -> Option<Ty> {
        self.elems.get(elem as usize).copied()
    }

    pub fn data(&self) -> Option<u32> {
        self.data
    }

    /// Whether values of the one type are of the other (spec: valid/matching).
    pub fn matches(&self, ty: Ty, other: Ty) -> bool {
        if ty == other || ty == Ty::BOTTOM {
            return true;
        }
        if !(ty.is_ref() && other.is_ref()) || ty.is_nullable() && !other.is_nullable() {
            return false;
        }
        match (ty.heap(), other.heap()) {
            (None, _) => true,
            (_, None) => false,
            (Some(ty), Some(other)) => self.heap_matches(ty, other),
        }
    }

    fn heap_matches(&self, ty: HeapType, other: HeapType) -> bool {
        use HeapType::{Array, Func, Index, NoFunc, None, Struct};
        match (ty, other) {
            (Index(ty), Index(other)) => self.is_subtype(ty, other),
            (Index(ty), other) => self.kind(ty).is_some_and(|kind| kind.is_sub(other)),
            (ty, Index(other)) => match self.kind(other) {
                Some(Func) => ty == NoFunc,
                Some(Struct | Array) => ty == None,
                _ => false,
            },
            (ty, other) => ty.is_sub(other),
        }
    }

    /// The abstract type right above this one.
    fn kind(&self, ty: u32) -> Option<HeapType> {
        match self.composite(ty)? {
            Composite::Func(_) => Some(HeapType::Func),
            Composite::Struct { .. } => Some(HeapType::Struct),
            Composite::Array(_) => Some(HeapType::Array),
            Composite::Foreign => Option::None,
        }
    }

    /// Both stand for what is equal to them.
    fn is_subtype(&self, ty: u32, other: u32) -> bool {
        match (self.types.get(ty as usize), self.types.get(other as usize)) {
            (Some(ty), Some(other)) => other.subtypes.contains(&ty.subtypes.start),
            _ => false,
        }
    }

    /// The top of the hierarchy that a reference belongs to.
    pub fn top(&self, heap: HeapType) -> Option<HeapType> {
        match heap {
            HeapType::Index(ty) => self.kind(ty)?.top(),
            other => other.top(),
        }
    }
}

/// For each type that the validator tells apart, the first index of it.
struct Canonical {
    first: BTreeMap<CoreTypeId, u32>,
    ids: Vec<CoreTypeId>,
}

impl Canonical {
    fn new(module: &ValidatorResources) -> Canonical {
        let mut canonical = Canonical { first: BTreeMap::new(), ids: Vec::new() };
        for index in 0.. {
            let mut ty = wasmparser::HeapType::Concrete(UnpackedIndex::Module(index));
            // The one way to ask for the number of a type.
            if module.check_heap_type(&mut ty, 0).is_err() {
                break;
            }
            let wasmparser::HeapType::Concrete(UnpackedIndex::Id(id)) = ty else { break };
            canonical.first.entry(id).or_insert(index);
            canonical.ids.push(id);
        }
        canonical
    }

    fn types(&self, module: &ValidatorResources) -> Vec<Type> {
        let mut types = Vec::with_capacity(self.ids.len());
        for (index, id) in (0..).zip(&self.ids) {
            let Some(ty) = module.sub_type_at(index) else { break };
            let supertype = ty.supertype_idxs.first().and_then(|supertype| self.index(supertype.unpack()));
            let composite = match &ty.composite_type.inner {
                CompositeInnerType::Func(func) => {
                    Composite::Func(FuncType { params: self.all(func.params()), results: self.all(func.results()) })
                }
                CompositeInnerType::Struct(ty) => {
                    let fields: Box<[Field]> = ty.fields.iter().map(|field| self.field(field)).collect();
                    Composite::Struct { defaultable: fields.iter().all(|field| field.ty.is_defaultable()), fields }
                }
                CompositeInnerType::Array(ty) => Composite::Array(self.field(&ty.0)),
                _ => Composite::Foreign,
            };
            let canonical = self.first.get(id).copied().unwrap_or(index);
            types.push(Type { canonical, supertype, subtypes: 0..0, composite });
        }
        number(&mut types);
        types
    }

    fn index(&self, index: UnpackedIndex) -> Option<u32> {
        match index {
            UnpackedIndex::Id(id) => self.first.get(&id).copied(),
            _ => None,
        }
    }

    fn all(&self, types: &[ValType]) -> Box<[Ty]> {
        types.iter().map(|&ty| self.ty(ty)).collect()
    }

    fn field(&self, field: &wasmparser::FieldType) -> Field {
        let (ty, packed) = match field.element_type {
            StorageType::I8 => (Ty::I32, 8),
            StorageType::I16 => (Ty::I32, 16),
            StorageType::Val(ty) => (self.ty(ty), 0),
        };
        Field { ty, packed, mutable: field.mutable }
    }

    fn ty(&self, ty: ValType) -> Ty {
        let reference = match ty {
            ValType::I32 => return Ty::I32,
            ValType::I64 => return Ty::I64,
            ValType::F32 => return Ty::F32,
            ValType::F64 => return Ty::F64,
            ValType::V128 => return Ty::V128,
            ValType::Ref(reference) => reference,
        };
        let heap = match reference.heap_type() {
            wasmparser::HeapType::Concrete(index) => self.index(index).map(HeapType::Index),
            wasmparser::HeapType::Abstract { shared: false, ty } => abstract_heap(ty),
            _ => None,
        };
        heap.map_or(Ty::FOREIGN, |heap| Ty::abstract_ref(reference.is_nullable(), heap))
    }
}

/// Numbers types: each, then its subtypes, before the next that is none.
fn number(types: &mut [Type]) {
    const NONE: usize = usize::MAX;
    let (mut first, mut next) = (vec![NONE; types.len()], vec![NONE; types.len()]);
    let mut roots = Vec::new();
    for index in (0..types.len()).rev() {
        match types[index].supertype {
            // What is equal to an earlier one is not asked for.
            _ if types[index].canonical as usize != index => {}
            Some(supertype) => next[index] = core::mem::replace(&mut first[supertype as usize], index),
            None => roots.push(index),
        }
    }
    let mut count = 0;
    // Types whose subtypes are being numbered.
    let mut open: Vec<usize> = Vec::new();
    for mut index in roots {
        loop {
            types[index].subtypes.start = count;
            count += 1;
            if first[index] != NONE {
                open.push(index);
                index = first[index];
                continue;
            }
            types[index].subtypes.end = count;
            while next[index] == NONE {
                let Some(above) = open.pop() else { break };
                index = above;
                types[index].subtypes.end = count;
            }
            if next[index] == NONE {
                break;
            }
            index = next[index];
        }
    }
}

fn abstract_heap(ty: wasmparser::AbstractHeapType) -> Option<HeapType> {
    use wasmparser::AbstractHeapType as Abstract;
    Some(match ty {
        Abstract::Func => HeapType::Func,
        Abstract::NoFunc => HeapType::NoFunc,
        Abstract::Extern => HeapType::Extern,
        Abstract::NoExtern => HeapType::NoExtern,
        Abstract::Any => HeapType::Any,
        Abstract::Eq => HeapType::Eq,
        Abstract::I31 => HeapType::I31,
        Abstract::Struct => HeapType::Struct,
        Abstract::Array => HeapType::Array,
        Abstract::None => HeapType::None,
        Abstract::Exn => HeapType::Exn,
        Abstract::NoExn => HeapType::NoExn,
        Abstract::Cont | Abstract::NoCont => return None,
    })
}

#[cfg(all(test, feature = "gc"))]
mod tests {
    use super::Outline;
    use crate::Features;
    use crate::validate::walk;

    #[test]
    fn tags_of_one_type_share_its_description() {
        let many = "i32 ".repeat(1000);
        let text = format!("(module (type $t (func (param {many}))) {} (func))", "(tag (type $t))".repeat(500));
        let mut outline = None;
        let flags = Features::default().flags();
        let walked = walk(&wat::parse_str(text).unwrap(), flags, &mut |_, module, _| {
            outline = Some(Outline::new(module));
            Ok(())
        });
        assert!(walked.is_ok());
        let outline = outline.unwrap();
        assert_eq!((outline.tags.len(), outline.tag_types.len()), (500, 1));
        assert_eq!(outline.tag(499).map(<[_]>::len), Some(1000));
    }
}
