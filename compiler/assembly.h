#ifndef SPRINGBOARD_COMPILER_ASSEMBLY_H_
#define SPRINGBOARD_COMPILER_ASSEMBLY_H_

#include <asmjit/core.h>

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
    begin_ = assembler_.newLabel();
    assembler_.bind(begin_);
  }

  // Goes back to the begin of the buffer, over what was assembled before: far cheaper than to
  // set up a CodeHolder anew. So no trampoline makes labels or relocations of its own, which
  // would be kept.
  Assembler& Begin() {
    assembler_.setOffset(0);
    return assembler_;
  }

  // Of the first byte.
  asmjit::Label begin_label() const { return begin_; }

  // The bytes since Begin(), if `error` is none.
  absl::StatusOr<EmittedCode> Finish(asmjit::Error error, uint32_t callee_offset_bytes) const {
    if (error != asmjit::kErrorOk) {
      return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                       absl::StrCat("assembler: ", asmjit::DebugUtils::errorAsString(error)));
    }
    return EmittedCode{{holder_.textSection()->buffer().data(), assembler_.offset()},
                       callee_offset_bytes};
  }

 private:
  asmjit::CodeHolder holder_;
  Assembler assembler_;
  asmjit::Label begin_;
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
