#ifndef SPRINGBOARD_COMPILER_ASSEMBLY_H_
#define SPRINGBOARD_COMPILER_ASSEMBLY_H_

#include <asmjit/core.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "compiler/argument_location.h"
#include "compiler/emitter.h"
#include "compiler/error_details.h"
#include "compiler/frame_layout.h"
#include "compiler/parallel_move.h"
#include "compiler/thunk_plan.h"

namespace springboard {

// An asmjit assembler with its buffer, used again for one trampoline after another. What the
// two emitters share; thread-compatible.
template <typename Assembler>
class Assembly {
 public:
  explicit Assembly(asmjit::Arch arch) {
    holder_.init(asmjit::Environment(arch));
    holder_.attach(&assembler_);
    start_ = assembler_.newLabel();
    assembler_.bind(start_);
  }

  // Drops what was assembled before. Code without labels and relocations of its own leaves nothing
  // in the holder but its bytes: there is nothing to set up anew.
  Assembler& Begin() {
    assembler_.setOffset(0);
    return assembler_;
  }

  // Of the first byte, whatever is assembled: the one label, from which others are offsets.
  asmjit::Label start() const { return start_; }

  // The bytes since Begin(), if `error` is none.
  absl::StatusOr<EmittedCode> Finish(asmjit::Error error, uint32_t callee_offset_bytes) const {
    if (error != asmjit::kErrorOk) {
      return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                       absl::StrCat("assembler: ", asmjit::DebugUtils::errorAsString(error)));
    }
    EmittedCode emitted = {CodeBytes(assembler_.offset()), callee_offset_bytes};
    // InlinedVector copies byte by byte.
    std::memcpy(emitted.code.data(), assembler_.bufferData(), emitted.code.size());
    return emitted;
  }

 private:
  asmjit::CodeHolder holder_;
  Assembler assembler_;
  asmjit::Label start_;
};

// What the emitters of both instruction sets do alike: they take a plan's steps one by one, send
// each move to where its destination is, and keep the first error. Derived encodes:
//   MoveToGeneral(move, reg)  MoveToVector(move, reg)
//   StoreGeneral(move, reg)   StoreVector(move, reg)
template <typename Derived>
class StepEncoder {
 public:
  void operator()(const Move& move) {
    if (move.to.is_register(RegisterClass::kGeneral)) {
      derived().MoveToGeneral(move, move.to.reg());
    } else if (move.to.is_register()) {
      derived().MoveToVector(move, move.to.reg());
    } else {
      MoveToStack(move);
    }
  }

  asmjit::Error error() const { return error_; }

 protected:
  explicit StepEncoder(const ThunkPlan& plan) : plan_(plan), frame_(plan.frame) {}

  // Of a stack location, from sp at the call.
  uint32_t OffsetFromSp(Location location) const {
    const uint32_t area = location.area() == StackArea::kIncoming ? frame_.incoming_offset_bytes
                                                                  : frame_.outgoing_offset_bytes;
    return area + location.offset_bytes();
  }

  void Check(asmjit::Error error) {
    if (error_ == asmjit::kErrorOk) error_ = error;
  }

  const ThunkPlan& plan_;
  const FrameLayout& frame_;

 private:
  Derived& derived() { return static_cast<Derived&>(*this); }

  void MoveToStack(const Move& move) {
    const bool is_plain = move.operation == MoveOperation::kCopy && move.from.is_register();
    const Register through = is_plain ? move.from.reg() : move.via;
    if (through.register_class == RegisterClass::kVector) {
      if (!is_plain) derived().MoveToVector(move, through);
      derived().StoreVector(move, through);
    } else {
      if (!is_plain) derived().MoveToGeneral(move, through);
      derived().StoreGeneral(move, through);
    }
  }

  asmjit::Error error_ = asmjit::kErrorOk;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_ASSEMBLY_H_
