// Debian's libasmjit.a is compiled for programs: in a shared library it could not reach the C
// library's stderr, to which it writes failed assertions. The linker lets it reach this one instead
// (--wrap=stderr).

#include <cstdio>

// NOLINTBEGIN(readability-identifier-naming): the linker's names.
extern "C" {
extern FILE* __real_stderr;
FILE* __wrap_stderr = nullptr;
}

namespace {

[[gnu::constructor]] void SetStderr() { __wrap_stderr = __real_stderr; }

}  // namespace
// NOLINTEND(readability-identifier-naming)
