//! Parses directives.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;

use super::{Action, Directive, DirectiveKind, ScriptModule};
use crate::buffer::Buffer;
use crate::error::{Fault, Result, SyntaxErrorKind, TextError};
use crate::fields;
use crate::lexer::TokenKind;
use crate::parser::Parser;
use crate::text::parse_bytes;

/// Parses a script. `path` is only used in errors. A text that consists of modules, or of the fields of one module, is
/// a script, too.
///
/// # Errors
/// If the script is malformed, or if there is no memory. A malformed module is no error of the script: it becomes a
/// [`ScriptModule::Malformed`].
#[inline(never)]
pub fn parse(text: &str, path: &str) -> core::result::Result<Vec<Directive>, TextError> {
    let read = || Reader { parser: Parser::new(text)?, text, path, counted: 0, line: 1 }.script();
    read().map_err(|fault: Fault| fault.report(path, text))
}

/// How deeply threads may nest.
const MAX_THREAD_DEPTH: u32 = 8;

pub(super) struct Reader<'t> {
    pub parser: Parser<'t>,
    text: &'t str,
    path: &'t str,
    /// The offset up to which lines were counted, and its line.
    counted: usize,
    line: u32,
}

/// Whether a word begins a directive, rather than a field of a module.
fn is_directive(word: &[u8]) -> bool {
    word.starts_with(b"assert_") || matches!(word, b"module" | b"component" | b"register" | b"invoke" | b"thread")
}

impl Reader<'_> {
    fn script(mut self) -> Result<Vec<Directive>> {
        let mut directives = Vec::new();
        let (kind, word) = self.parser.second();
        if !(self.parser.is_open() && kind == TokenKind::Keyword && is_directive(word)) {
            let module = self.source(self.text.as_bytes())?;
            directives.try_push(Directive { line: 1, kind: DirectiveKind::Module { name: None, module } })?;
            return Ok(directives);
        }
        while self.parser.token().kind != TokenKind::End {
            directives.try_push(self.directive(0)?)?;
        }
        Ok(directives)
    }

    /// Parses a directive with its parentheses. `depth` is the number of threads that it is in.
    fn directive(&mut self, depth: u32) -> Result<Directive> {
        self.parser.open()?;
        let line = self.next_line();
        let kind = if self.parser.is_word("thread") { self.thread(depth)? } else { self.kind()? };
        self.parser.close()?;
        Ok(Directive { line, kind })
    }

    /// Returns the line of the next token. Tokens must be asked for in ascending order.
    fn next_line(&mut self) -> u32 {
        let at = self.parser.at() as usize;
        let lines = self.text.as_bytes()[self.counted..at].iter().filter(|&&byte| byte == b'\n').count();
        self.line += lines as u32;
        self.counted = at;
        self.line
    }

    /// Parses a directive that has no others in it.
    #[inline(never)]
    fn kind(&mut self) -> Result<DirectiveKind> {
        let word = self.parser.word();
        if self.parser.token().kind == TokenKind::Keyword && word == b"invoke" {
            return self.action().map(DirectiveKind::Action);
        }
        if word == b"component" {
            return Err(self.parser.fault(SyntaxErrorKind::Component));
        }
        let fault = self.parser.fault(SyntaxErrorKind::Directive);
        self.parser.expect(TokenKind::Keyword, SyntaxErrorKind::Directive)?;
        Ok(match word {
            b"module" => return self.module_directive(),
            b"register" => DirectiveKind::Register { name: self.string()?, instance: self.name()? },
            b"assert_return" => {
                let action = self.action_in_parentheses()?;
                let mut results = Vec::new();
                while !self.parser.is_end() {
                    results.try_push(self.pattern(0)?)?;
                }
                DirectiveKind::AssertReturn { action, results }
            }
            // A `suspend` that nothing handles is a trap here, as the end of a call without results.
            b"assert_trap" | b"assert_suspension" => {
                DirectiveKind::AssertTrap { action: self.action_in_parentheses()?, message: self.string()? }
            }
            b"assert_exhaustion" => {
                DirectiveKind::AssertExhaustion { action: self.action_in_parentheses()?, message: self.string()? }
            }
            b"assert_exception" => DirectiveKind::AssertException(self.action_in_parentheses()?),
            b"assert_malformed" => {
                DirectiveKind::AssertMalformed { module: self.module_in_parentheses()?, message: self.string()? }
            }
            b"assert_invalid" => {
                DirectiveKind::AssertInvalid { module: self.module_in_parentheses()?, message: self.string()? }
            }
            b"assert_unlinkable" => {
                DirectiveKind::AssertUnlinkable { module: self.module_in_parentheses()?, message: self.string()? }
            }
            b"wait" => DirectiveKind::Wait { name: self.name()? },
            b"assert_invalid_custom" | b"assert_malformed_custom" => {
                let module = self.module_in_parentheses()?;
                self.string()?;
                DirectiveKind::AssertCustom(module)
            }
            _ => return Err(fault),
        })
    }

    /// Parses a thread with the directives in it.
    #[inline(never)]
    fn thread(&mut self, depth: u32) -> Result<DirectiveKind> {
        if depth == MAX_THREAD_DEPTH {
            return Err(self.parser.fault(SyntaxErrorKind::Depth));
        }
        self.parser.take_word("thread");
        let (name, mut shared, mut directives) = (self.name()?, Vec::new(), Vec::new());
        while self.parser.take_form("shared") {
            if !self.parser.take_form("module") {
                return Err(self.parser.fault(SyntaxErrorKind::Directive));
            }
            let fault = self.parser.fault(SyntaxErrorKind::Index);
            shared.try_push(self.name()?.ok_or(fault)?)?;
            self.parser.close()?;
            self.parser.close()?;
        }
        while !self.parser.is_end() {
            directives.try_push(self.directive(depth + 1)?)?;
        }
        Ok(DirectiveKind::Thread { name, shared, directives })
    }

    fn string(&mut self) -> Result<Box<str>> {
        let (mut bytes, fault) = (Buffer::default(), self.parser.fault(SyntaxErrorKind::Utf8));
        self.parser.string(&mut bytes)?;
        let text = core::str::from_utf8(bytes.bytes()?).map_err(|_| fault)?;
        Ok(wasmote_ir::fallible::try_str(text)?)
    }

    /// Parses the name of an instance or a module, if one comes next.
    #[inline(never)]
    fn name(&mut self) -> Result<Option<Box<str>>> {
        let Some(name) = self.parser.id()? else { return Ok(None) };
        // Identifiers are UTF-8.
        let text = core::str::from_utf8(self.parser.characters(name)).unwrap_or_default();
        Ok(Some(wasmote_ir::fallible::try_str(text)?))
    }

    #[inline(never)]
    fn module_directive(&mut self) -> Result<DirectiveKind> {
        if self.parser.take_word("instance") {
            return Ok(DirectiveKind::Instance { name: self.name()?, module: self.name()? });
        }
        let is_definition = self.parser.take_word("definition");
        let place = self.parser.place();
        let name = self.name()?;
        self.parser.go_to(place);
        let module = self.module()?;
        Ok(if is_definition {
            DirectiveKind::Definition { name, module }
        } else {
            DirectiveKind::Module { name, module }
        })
    }

    fn module_in_parentheses(&mut self) -> Result<ScriptModule> {
        if self.parser.is_form("component") {
            return Err(self.parser.fault(SyntaxErrorKind::Component));
        }
        if !self.parser.take_form("module") {
            return Err(self.parser.fault(SyntaxErrorKind::Action));
        }
        let module = self.module()?;
        self.parser.close()?;
        Ok(module)
    }

    /// Parses a module behind its keyword: its fields, a binary, or quoted text.
    fn module(&mut self) -> Result<ScriptModule> {
        let place = self.parser.place();
        self.parser.id()?;
        if self.parser.take_word("quote") {
            let mut text = Buffer::default();
            while !self.parser.is_end() {
                self.parser.string(&mut text)?;
                text.byte(b' ');
            }
            return self.source(text.bytes()?);
        }
        self.parser.go_to(place);
        match fields::module(&mut self.parser) {
            Ok(binary) if self.parser.is_end() => Ok(ScriptModule::Binary(binary)),
            outcome => {
                let fault = outcome.err().unwrap_or_else(|| self.parser.fault(SyntaxErrorKind::Close));
                if fault.wrong == SyntaxErrorKind::Memory {
                    return Err(fault);
                }
                // Parsing can only continue behind the module if its parentheses match.
                self.parser.go_to(place);
                self.parser.skip().map_err(|_| fault)?;
                Ok(ScriptModule::Malformed(fault.report(self.path, self.text)))
            }
        }
    }

    /// Parses quoted text as a module of its own.
    fn source(&self, text: &[u8]) -> Result<ScriptModule> {
        match parse_bytes(text) {
            Ok(binary) => Ok(ScriptModule::Binary(binary)),
            // Without memory, the text is neither well-formed nor malformed.
            Err((fault, _)) if fault.wrong == SyntaxErrorKind::Memory => Err(fault),
            Err((fault, text)) => Ok(ScriptModule::Malformed(fault.report(self.path, text))),
        }
    }

    fn action_in_parentheses(&mut self) -> Result<Action> {
        self.parser.open()?;
        let action = self.action()?;
        self.parser.close()?;
        Ok(action)
    }

    fn action(&mut self) -> Result<Action> {
        if self.parser.take_word("invoke") {
            let (instance, name, mut args) = (self.name()?, self.string()?, Vec::new());
            while !self.parser.is_end() {
                args.try_push(self.argument()?)?;
            }
            Ok(Action::Invoke { instance, name, args })
        } else if self.parser.take_word("get") {
            Ok(Action::Get { instance: self.name()?, name: self.string()? })
        } else if self.parser.take_word("module") {
            self.module().map(Action::Instantiate)
        } else {
            Err(self.parser.fault(SyntaxErrorKind::Action))
        }
    }
}
