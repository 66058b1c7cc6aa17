#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_CALLEE_SOURCE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_CALLEE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "compiler/signature.h"

namespace springboard {

// Where compiled callees keep what they see, and find what they return. Constants, so that their
// code needs no relocation; below 2^31, so that x64 can name them directly.
inline constexpr uint64_t kRecord = 0x50000000;

// The C name of the callee of the n-th signature. Longer than the 8 bytes that COFF keeps without a
// final zero, which LLVM's C interface would miss.
std::string CalleeName(size_t index);

// How C spells a type, without headers, which foreign targets have none of here.
const char* CType(NativeType type);

// C code of a callee for each signature, with the real types. It stores argument i byte for byte
// and, behind it, as C promotes it if that is another type: an int for narrow integers, which shows
// what the compiler relies on above the argument's width. It counts the call at AT(kCallsOffset)
// and returns what is at AT(kResultOffset). The macros AT(offset), an address, and ABI, an
// attribute, must have been defined before.
std::string CalleeSource(absl::Span<const Signature> signatures);

// Defines them so that callees keep their record at kRecord.
std::string RecordAtConstantAddress();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_CALLEE_SOURCE_H_
