#ifndef SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_
#define SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/c_types.h"
#include "compiler/target.h"

namespace springboard {

// A type as clang prints it; `desugared` is empty if that is the same.
struct PrintedType {
  std::string printed;
  std::string desugared;
};

// One declaration of a function.
struct DumpedFunction {
  std::string name;     // As it is declared.
  std::string mangled;  // As linkers know it, without the platform's prefix.
  std::string file;
  int line = 0;
  bool is_included = false;  // Not in the file that was given to clang.
  bool is_static = false;
  bool is_inline = false;
  bool is_variadic = false;
  bool is_invalid = false;  // Clang found an error in it.
  // Something that is no part of its type says how it is called: "PassObjectSizeAttr".
  std::string strange_attribute;
  PrintedType type;
  std::vector<PrintedType> parameters;
};

// What a manifest needs of a dump.
struct ClangDump {
  std::vector<Target> targets;  // Those that clang was run for; they have one data model.
  CTypes types;
  std::vector<DumpedFunction> functions;  // In the order of the file.
};

// Reads what `clang -Xclang -ast-dump=json -fsyntax-only` prints of a header in C. It is read as
// it comes: what it takes grows with the declarations of the file and not with its size. `file` is
// what places are written with. Errors:
//   INVALID_ARGUMENT    WRONG_DUMP if it is no dump, or one of C++, or for a system that is no
//                       target
//   RESOURCE_EXHAUSTED  MANIFEST_TOO_LARGE, above `max_bytes` or Manifest::kMaxSymbols declarations
absl::StatusOr<ClangDump> ReadClangDump(std::istream& input, absl::string_view file,
                                        uint64_t max_bytes);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_CLANG_DUMP_H_
