//! Translates functions of binaries, for linking.

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_translate::{CodeOptions, TranslateError, TranslateErrorKind, Translated, Translator};

use crate::engine::Settings;
use crate::error::{Error, Fault};
use crate::module::ModuleInner;
use crate::origin::{Made, WasmOrigin};

/// A translator with its buffers. The first function makes it.
#[derive(Default)]
pub(crate) struct WasmCode {
    translator: Option<Translator>,
}

impl WasmCode {
    /// Translates a function. If it is translated `again`, its offsets are recorded, and the code limit does not
    /// count.
    pub(crate) fn function<'a>(
        &'a mut self,
        module: &ModuleInner,
        _source: &WasmOrigin,
        func: u32,
        again: bool,
    ) -> Result<Made<'a>, Error> {
        #[cfg(feature = "validate")]
        _source.validate_function(module.bytes(), func)?;
        // A cell holds at most four units of two bytes. So code that exceeds the limit in units exceeds it in
        // cells, too.
        let (limit, left) = module.code.limit();
        let units = if again { usize::MAX } else { usize::try_from(left / 2).unwrap_or(usize::MAX) };
        let translator = self.translator.get_or_insert_with(|| {
            // All modules of a store have its engine, and so the same options.
            Translator::with_options(module.engine.settings().code_options())
        });
        let Translated { code, header, handlers, frame_slots, relocations, offsets } = translator
            .translate_limited(units, &module.info, module.bytes(), func, again)
            .map_err(|error| Error::translate(func, error, limit))?;
        let relocations = Some(relocations);
        Ok((
            exec::UnlinkedFunc { code, header, frame_slots, handlers, relocations, ..exec::UnlinkedFunc::EMPTY },
            offsets,
        ))
    }
}

impl Settings {
    /// Returns the options with which functions are translated.
    pub fn code_options(&self) -> CodeOptions {
        CodeOptions::default().with_metered(self.fuel).with_canonical_nans(self.canonical_nans)
    }
}

impl Error {
    /// Makes an error of a function that could not be translated. `limit` is the code limit in bytes.
    #[cold]
    #[inline(never)]
    pub fn translate(func: u32, error: TranslateError, limit: u64) -> Error {
        match error.kind {
            TranslateErrorKind::OutOfMemory => OutOfMemory.into(),
            TranslateErrorKind::CodeLimit => Error::of(Fault::CodeLimit { func, limit }),
            _ => Error::of(Fault::Translate { func, error }),
        }
    }
}
