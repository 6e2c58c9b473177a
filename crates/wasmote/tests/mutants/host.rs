//! The host of mutants: provides imports, calls exports, and reads all that it gets in every way.

use std::cell::RefCell;

use wasmote::{
    AnyRef, ArrayRef, ArrayType, AsContext, AsContextMut, Error, Exception, ExnRef, Extern, ExternRef, ExternType,
    FieldType, Func, FuncType, Global, I31, Memory, Mutability, StorageType, StoreContextMut, StructRef, StructType,
    Table, Tag, TagType, TrapCode, Val, ValType,
};
use wasmote_test_support::Random;

/// The most elements or bytes of anything that the host makes.
const MOST: u64 = 1000;

/// Random numbers that host functions share.
pub struct Dice(RefCell<Random>);

// SAFETY: the process has one thread.
unsafe impl Sync for Dice {}
// SAFETY: the process has one thread.
unsafe impl Send for Dice {}

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(RefCell::new(Random::new(seed)))
    }

    pub fn below(&self, bound: usize) -> usize {
        self.0.borrow_mut().below(bound)
    }

    /// Returns a number. One in three would be a reference into what [`litter`] leaves.
    pub fn value(&self) -> u64 {
        match self.below(3) {
            0 => self.below(LITTER) as u64,
            _ => self.0.borrow_mut().value(),
        }
    }
}

/// Bytes of litter: one for each reference value, which count by fours.
const LITTER: usize = 60_000;

/// Returns bytes that invalid code may take for objects of all types and lengths.
pub fn litter() -> Vec<u8> {
    let dice = Dice::new(0);
    let lengths = [0, 1, 8, 1000, 1 << 20, 1 << 24, 1 << 31, u32::MAX];
    let mut bytes = Vec::new();
    while bytes.len() < 4 * LITTER {
        let kind = if dice.below(7) == 0 { (1 + dice.below(2)) << 24 } else { dice.below(24) } as u32;
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(lengths[dice.below(8)].to_ne_bytes());
        // Sometimes the following objects are misaligned.
        bytes.extend(&[0; 4][..if dice.below(50) == 0 { dice.below(4) } else { 0 }]);
    }
    bytes.truncate(4 * LITTER);
    bytes
}

/// Fills most of the heap with this.
pub fn strew(mut ctx: StoreContextMut<'_, ()>, litter: &[u8]) -> Result<(), Error> {
    let engine = ctx.engine().clone();
    let words = ArrayType::new(&engine, FieldType::new(Mutability::Var, StorageType::ValType(ValType::I32)))?;
    let array = ArrayRef::new(&mut ctx, &words, Val::I32(0), LITTER as u32)?;
    array.data_mut(ctx)?.copy_from_slice(litter);
    Ok(())
}

/// Returns a value of a type, if the host can make one.
pub fn value(mut ctx: StoreContextMut<'_, ()>, ty: ValType, dice: &Dice, deep: u32) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(dice.value() as i32),
        ValType::I64 => Val::I64(dice.value() as i64),
        ValType::F32 => Val::F32(f32::from_bits(dice.value() as u32)),
        ValType::F64 => Val::F64(f64::from_bits(dice.value())),
        ValType::V128 => Val::V128(u128::from(dice.value()) << 64 | u128::from(dice.value())),
        ValType::Ref(_) => {
            let engine = ctx.as_context().engine().clone();
            let mut candidates = vec![Val::FuncRef(None), Val::ExternRef(None), Val::ExnRef(None), Val::AnyRef(None)];
            candidates.push(AnyRef::from_i31(&mut ctx, I31::wrapping_i32(dice.value() as i32)).into());
            if let Ok(host) = ExternRef::try_new(&mut ctx, dice.value()) {
                candidates.extend([Val::from(host), AnyRef::convert_extern(host).into()]);
            }
            if let Some(ty) = StructType::of(&engine, ty).filter(|_| deep < 3) {
                let fields: Option<Vec<Val>> = ty
                    .fields()
                    .iter()
                    .map(|field| value(ctx.as_context_mut(), field.element_type().unpacked(), dice, deep + 1))
                    .collect();
                candidates.extend(fields.and_then(|fields| StructRef::new(&mut ctx, &ty, &fields).ok()).map(Val::from));
            }
            if let Some(ty) = ArrayType::of(&engine, ty).filter(|_| deep < 3) {
                let element = value(ctx.as_context_mut(), ty.element().element_type().unpacked(), dice, deep + 1);
                let len = dice.below(40) as u32;
                candidates.extend(element.and_then(|it| ArrayRef::new(&mut ctx, &ty, it, len).ok()).map(Val::from));
            }
            let fit: Vec<Val> = candidates.into_iter().filter(|it| it.matches(&ctx, ty)).collect();
            *fit.get(dice.below(fit.len()))?
        }
    })
}

/// Returns something of a type that a module imports.
pub fn provide(mut ctx: StoreContextMut<'_, ()>, ty: &ExternType, dice: &'static Dice) -> Option<Extern> {
    Some(match ty {
        ExternType::Func(ty) if ty.params().len().max(ty.results().len()) <= 100 => {
            let own = ty.clone();
            let tag = Tag::new(&mut ctx, &TagType::new(FuncType::new([], [])));
            Func::new(&mut ctx, ty.clone(), move |mut caller, args, results| {
                args.iter().for_each(|arg| look(caller.as_context_mut(), *arg, dice, 0));
                match dice.below(10) {
                    0 => return Err(TrapCode::UnreachableCodeReached.into()),
                    1 => return Err(Exception::new(tag, []).into()),
                    _ => {}
                }
                for (result, &ty) in results.iter_mut().zip(own.results()) {
                    *result = value(caller.as_context_mut(), ty, dice, 0).ok_or_else(|| Error::new("no such value"))?;
                }
                Ok(())
            })
            .into()
        }
        ExternType::Table(ty) if ty.minimum() <= MOST => {
            let init = value(ctx.as_context_mut(), ty.element().into(), dice, 0)?.ref_()?;
            Table::new(&mut ctx, *ty, init).ok()?.into()
        }
        ExternType::Memory(ty) if ty.minimum() <= 4 => Memory::new(&mut ctx, *ty).ok()?.into(),
        ExternType::Global(ty) => {
            let init = value(ctx.as_context_mut(), ty.content(), dice, 0)?;
            Global::new(&mut ctx, *ty, init).ok()?.into()
        }
        ExternType::Tag(ty) if ty.ty().params().len() <= 100 => Tag::new(&mut ctx, ty).into(),
        _ => return None,
    })
}

/// Reads a value and what it refers to, and changes it where that is allowed.
pub fn look(mut ctx: StoreContextMut<'_, ()>, it: Val, dice: &Dice, deep: u32) {
    let mut inside: Vec<Val> = Vec::new();
    match it {
        Val::FuncRef(Some(func)) => {
            func.ty(&ctx);
        }
        Val::ExternRef(Some(value)) => {
            let _ = value.data(&ctx).downcast_ref::<u64>();
            inside.push(AnyRef::convert_extern(value).into());
        }
        Val::ExnRef(Some(value)) => inside.extend(exception(&ctx, value)),
        Val::AnyRef(Some(value)) => {
            value.as_i31(&ctx);
            if let Some(it) = value.as_struct(&ctx) {
                structure(&mut ctx, it, dice, deep, &mut inside);
            }
            if let Some(it) = value.as_array(&ctx) {
                array(&mut ctx, it, dice, deep, &mut inside);
            }
        }
        _ => {}
    }
    for value in inside.into_iter().take(8).filter(|_| deep < 4) {
        look(ctx.as_context_mut(), value, dice, deep + 1);
    }
}

fn exception(ctx: &StoreContextMut<'_, ()>, it: ExnRef) -> Vec<Val> {
    it.exception(ctx).map_or(Vec::new(), |exception| {
        exception.tag().ty(ctx);
        exception.values().to_vec()
    })
}

fn structure(ctx: &mut StoreContextMut<'_, ()>, it: StructRef, dice: &Dice, deep: u32, inside: &mut Vec<Val>) {
    let Ok(ty) = it.ty(&*ctx) else { return };
    inside.extend(it.fields(&*ctx).into_iter().flatten().take(8));
    let index = dice.below(ty.fields().len() + 1);
    let _ = it.field(&*ctx, index);
    if let Some(field) = ty.fields().get(index)
        && deep < 2
        && let Some(value) = value(ctx.as_context_mut(), field.element_type().unpacked(), dice, 2)
    {
        let _ = it.set_field(&mut *ctx, index, value);
    }
}

fn array(ctx: &mut StoreContextMut<'_, ()>, it: ArrayRef, dice: &Dice, deep: u32, inside: &mut Vec<Val>) {
    let (Ok(ty), Ok(len)) = (it.ty(&*ctx), it.len(&*ctx)) else { return };
    let last = len.saturating_sub(1);
    for index in [0, last, dice.below(len as usize + 1) as u32, len] {
        inside.extend(it.get(&*ctx, index));
    }
    if u64::from(len) <= MOST {
        let _ = it.elements(&*ctx);
    }
    if let Ok(bytes) = it.data(ctx.as_context())
        && let [first, .., last] = bytes
    {
        std::hint::black_box((first, last));
    }
    if let Ok([first, .., last]) = it.data_mut(ctx.as_context_mut()) {
        (*first, *last) = (*last, *first);
    }
    if deep < 2
        && let Some(value) = value(ctx.as_context_mut(), ty.element().element_type().unpacked(), dice, 2)
    {
        let _ = it.set(&mut *ctx, last, value);
    }
}
