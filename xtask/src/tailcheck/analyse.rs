//! Checks that the machine code of a function is that of a hot handler: it does not use the stack, calls nothing, and each path
//! through it ends in a jump to another handler.

use std::fmt;

use iced_x86::{Decoder, DecoderOptions, FastFormatter, FlowControl, Instruction, InstructionInfoFactory, Register};

/// What was found.
#[derive(Default)]
pub struct Analysis {
    /// Why it is not a hot handler's code; empty if it is.
    pub faults: Vec<Fault>,
    /// How many instructions it has.
    pub instructions: usize,
}

/// One thing that a hot handler must not do.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// Where: offset in the function.
    pub offset: u64,
    /// The instruction, disassembled.
    pub text: String,
}

/// The kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Pushes, pops, or uses the stack pointer otherwise: it has a frame, or keeps something below it.
    Stack,
    /// Calls a function.
    Call,
    /// Returns instead of jumping on.
    Return,
    /// Ends in an instruction that stops the program: a panic.
    Stop,
    /// Jumps to a place outside of the execution core.
    Elsewhere,
    /// Runs over its end.
    End,
    /// Is not a known instruction.
    Unknown,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Stack => "uses the stack",
            FaultKind::Call => "calls",
            FaultKind::Return => "returns",
            FaultKind::Stop => "stops the program",
            FaultKind::Elsewhere => "jumps out of the execution core",
            FaultKind::End => "runs over its end",
            FaultKind::Unknown => "has an unknown instruction",
        };
        write!(f, "+{:#x} {what}: {}", self.offset, self.text)
    }
}

impl Analysis {
    /// Whether it has a stack frame, or uses the stack without one.
    pub fn uses_stack(&self) -> bool {
        self.faults.iter().any(|fault| fault.kind == FaultKind::Stack)
    }
}

/// Analyses the code of one function that lies at `address`. `may_jump_to` says where a direct jump out of it may go.
///
/// Indirect jumps count as dispatches. A jump over a table of the function passes, too; its targets lie in the function, so their code is
/// checked all the same.
pub fn analyse(code: &[u8], address: u64, may_jump_to: &dyn Fn(u64) -> bool) -> Analysis {
    let mut analysis = Analysis::default();
    let mut info = InstructionInfoFactory::new();
    let inside = address..address + code.len() as u64;
    let mut goes_on = true;
    let mut last = Instruction::default();

    for instruction in Decoder::with_ip(64, code, address, DecoderOptions::NONE).iter() {
        analysis.instructions += 1;
        let mut fault = |kind| analysis.faults.push(Fault::new(kind, &instruction, address));
        goes_on = true;
        last = instruction;
        if instruction.is_invalid() {
            fault(FaultKind::Unknown);
            continue;
        }
        match instruction.flow_control() {
            FlowControl::Next => {
                if touches_stack(&mut info, &instruction) {
                    fault(FaultKind::Stack);
                }
            }
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                goes_on = instruction.flow_control() == FlowControl::ConditionalBranch;
                let target = instruction.near_branch_target();
                if !inside.contains(&target) && !may_jump_to(target) {
                    fault(FaultKind::Elsewhere);
                }
            }
            FlowControl::IndirectBranch => {
                goes_on = false;
                if touches_stack(&mut info, &instruction) {
                    fault(FaultKind::Stack);
                }
            }
            FlowControl::Call | FlowControl::IndirectCall => fault(FaultKind::Call),
            FlowControl::Return => {
                goes_on = false;
                fault(FaultKind::Return);
            }
            FlowControl::Interrupt | FlowControl::Exception | FlowControl::XbeginXabortXend => {
                goes_on = false;
                fault(FaultKind::Stop);
            }
        }
    }
    if goes_on {
        analysis.faults.push(Fault::new(FaultKind::End, &last, address));
    }
    analysis
}

/// Whether an instruction reads or writes the stack pointer, or memory through it.
fn touches_stack(info: &mut InstructionInfoFactory, instruction: &Instruction) -> bool {
    // A long NOP does not read its operand.
    if instruction.mnemonic() == iced_x86::Mnemonic::Nop {
        return false;
    }
    info.info(instruction).used_registers().iter().any(|used| used.register().full_register() == Register::RSP)
}

impl Fault {
    fn new(kind: FaultKind, instruction: &Instruction, address: u64) -> Fault {
        let mut text = String::new();
        FastFormatter::new().format(instruction, &mut text);
        Fault { kind, offset: instruction.ip().saturating_sub(address), text }
    }
}

#[cfg(test)]
mod tests {
    use super::FaultKind::*;
    use super::*;

    const AT: u64 = 0x1000;
    const CORE: u64 = 0x2000;

    fn faults(code: &[u8]) -> Vec<FaultKind> {
        let analysis = analyse(code, AT, &|target| target == CORE);
        analysis.faults.iter().map(|fault| fault.kind).collect()
    }

    /// `mov rax, [rdi+16]; lea rdi, [rdi+16]`, with which the examples begin.
    const BODY: [u8; 8] = [0x48, 0x8b, 0x47, 0x10, 0x48, 0x8d, 0x7f, 0x10];

    fn body_then(end: &[u8]) -> Vec<u8> {
        [&BODY[..], end].concat()
    }

    /// A direct jump at this offset of the function to `to`.
    fn jump_from(offset: usize, to: u64) -> Vec<u8> {
        let relative = to.wrapping_sub(AT + offset as u64 + 5) as u32;
        [&[0xe9][..], &relative.to_le_bytes()].concat()
    }

    #[test]
    fn indirect_jump_at_the_end_passes() {
        assert_eq!(faults(&body_then(&[0xff, 0xe0])), []); // jmp rax
        assert_eq!(faults(&body_then(&[0xff, 0x27])), []); // jmp [rdi]
        let analysis = analyse(&body_then(&[0xff, 0xe0]), AT, &|_| false);
        assert_eq!(analysis.instructions, 3);
    }

    #[test]
    fn branch_to_a_second_end_passes() {
        // jb +2; jmp rax; jmp rcx
        assert_eq!(faults(&body_then(&[0x72, 0x02, 0xff, 0xe0, 0xff, 0xe1])), []);
    }

    #[test]
    fn direct_jump_passes_only_to_the_core() {
        assert_eq!(faults(&body_then(&jump_from(8, CORE))), []);
        assert_eq!(faults(&body_then(&jump_from(8, 0x3000))), [Elsewhere]);
    }

    #[test]
    fn frame_is_refused() {
        assert_eq!(faults(&[0x53, 0x5b, 0xff, 0xe0]), [Stack, Stack]); // push rbx; pop rbx; jmp rax
        assert_eq!(faults(&[0x48, 0x83, 0xec, 0x18, 0xff, 0xe0]), [Stack]); // sub rsp, 24; jmp rax
    }

    #[test]
    fn spill_without_a_frame_is_refused() {
        assert_eq!(faults(&[0x48, 0x89, 0x44, 0x24, 0xf8, 0xff, 0xe0]), [Stack]); // mov [rsp-8], rax; jmp rax
        assert_eq!(faults(&[0xff, 0x64, 0x24, 0xf8]), [Stack]); // jmp [rsp-8]
    }

    #[test]
    fn call_and_return_are_refused() {
        assert_eq!(faults(&body_then(&[0xff, 0xd0, 0xc3])), [Call, Return]); // call rax; ret
        assert_eq!(faults(&body_then(&[0xe8, 0, 0, 0, 0, 0xff, 0xe0])), [Call]); // call next; jmp rax
        assert_eq!(faults(&body_then(&[0xc3])), [Return]);
    }

    #[test]
    fn panic_is_refused() {
        assert_eq!(faults(&body_then(&[0x0f, 0x0b])), [Stop]); // ud2
    }

    #[test]
    fn code_that_does_not_end_is_refused() {
        assert_eq!(faults(&BODY), [End]);
        assert_eq!(faults(&body_then(&[0x72, 0xf6])), [End]); // jb to the start
        assert_eq!(faults(&[]), [End]);
        assert_eq!(faults(&body_then(&[0xff, 0xe0, 0x48])), [Unknown, End]); // half an instruction
    }
}
