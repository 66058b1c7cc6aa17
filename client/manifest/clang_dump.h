#ifndef SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_
#define SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/manifest/c_types.h"

namespace springboard {

// A type as clang prints it; `desugared` is empty if that is the same.
struct PrintedType {
  std::string printed;
  std::string desugared;
};

// One declaration of a function.
struct DumpedFunction {
  std::string name;     // As it is declared.
  std::string mangled;  // As linkers know it.
  std::string file;
  int line = 0;
  bool is_included = false;  // Not in the file that was given to clang.
  bool is_static = false;
  bool is_inline = false;
  bool is_variadic = false;
  bool has_asm_label = false;
  // Something that is no part of its type says how it is called: "PassObjectSizeAttr".
  std::string strange_attribute;
  PrintedType type;
  std::vector<PrintedType> parameters;
};

// Which systems' headers a dump has.
enum class DumpedSystem { kX64SystemV, kA64Linux, kApple, kWindows };

// What a manifest needs of a dump.
struct ClangDump {
  DumpedSystem system = DumpedSystem::kX64SystemV;
  CTypes types;
  std::vector<DumpedFunction> functions;  // In the order of the file.
};

// Reads what `clang -Xclang -ast-dump=json` prints of a file in C. It is read as it comes: what it
// takes grows with the declarations of the file and not with its size. Error: INVALID_ARGUMENT,
// WRONG_DUMP, if it is no dump, or one for a system that has no target.
absl::StatusOr<ClangDump> ReadClangDump(std::FILE* input);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_
