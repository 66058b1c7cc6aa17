#ifndef SPRINGBOARD_TESTS_BENCH_CLANG_FORWARDERS_H_
#define SPRINGBOARD_TESTS_BENCH_CLANG_FORWARDERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

// What clang makes of a C function that does what a trampoline does.

namespace springboard {

// A C function for each signature: it takes what V8 passes, drops the receiver, narrows integers,
// takes the data of arrays, and calls an address that is known only when it is linked; a result of
// 64 bits goes through the out array. Two things that C cannot say are said in assembly, in the
// shortest way that there is:
//   The receiver's register is cleared where no argument overwrites it.
//   AArch64 loads the callee's address from a literal. As a constant it would take four
//   instructions, and as a variable two.
// Where V8 gives an argument a slot of 8 bytes and the target's C a smaller one, the parameter is
// one of 8 bytes, of which no more is read than V8 wrote.
std::string ForwarderSource(absl::Span<const Signature> signatures, Target target);

// Their code by clang -O2, in the form of trampolines: with a slot for the callee's address, which
// on AArch64 is a literal of their own, and without padding. Neither has landing pads; both keep a
// frame record on AArch64. Error: INTERNAL with the compiler's own words.
absl::StatusOr<std::vector<Trampoline>> CompileForwarders(absl::Span<const Signature> signatures,
                                                          Target target);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_CLANG_FORWARDERS_H_
