#ifndef SPRINGBOARD_CLIENT_MANIFEST_C_TYPES_H_
#define SPRINGBOARD_CLIENT_MANIFEST_C_TYPES_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "compiler/native_type.h"
#include "compiler/target.h"

namespace springboard {

// What C leaves to a target.
struct CDataModel {
  bool is_long_64_bits;  // LP64; not on Windows, which is LLP64.
  bool is_char_signed;   // Not on AArch64 Linux.
};
CDataModel DataModelOf(Target target);

// An enumeration as it is declared. Thread-compatible.
struct CEnum {
  std::string name;        // Of the tag; empty if it has none.
  std::string underlying;  // The type that it is given, if it is.
  bool is_packed = false;
  bool is_defined = false;
  std::vector<std::string> values;  // Of its constants, decimal; empty: one more than the last.
};

// The types of a header by what clang prints of them: "const unsigned char *". Thread-compatible.
class CTypes {
 public:
  // The names of both are of file scope, where C has each once. `printed` and `desugared` are what
  // clang prints of the type; `enum_id` is that of AddEnum() if it is an enumeration, or empty.
  void AddTypedef(const std::string& name, std::string printed, std::string desugared,
                  std::string enum_id);
  void AddEnum(const std::string& id, CEnum declared);

  // Microsoft's compilers have int for every enumeration.
  void set_are_enums_int(bool are_int) { are_enums_int_ = are_int; }

  // How a value of that type is passed. Pointers to functions are kFunction, other pointers
  // kPointer, and size_t and the like kUsize and kIsize. Error: UNIMPLEMENTED, whose message says
  // what it is: "long double".
  absl::StatusOr<NativeType> Find(absl::string_view type, const CDataModel& model) const;

 private:
  struct Typedef {
    std::string printed;
    std::string desugared;
    std::string enum_id;
  };

  absl::StatusOr<NativeType> Find(absl::string_view type, const CDataModel& model,
                                  int typedefs) const;
  absl::StatusOr<NativeType> FindNamed(const std::string& name, const CDataModel& model,
                                       int typedefs) const;
  // Whether a typedef with the name is one of a function: "int (int)".
  bool IsFunction(absl::string_view type) const;
  absl::StatusOr<NativeType> FindEnum(const CEnum& declared, const CDataModel& model) const;

  std::unordered_map<std::string, Typedef> typedefs_;
  std::unordered_map<std::string, CEnum> enums_;              // By id.
  std::unordered_map<std::string, std::string> enum_by_tag_;  // The ids.
  bool are_enums_int_ = false;
};

// What clang prints of a function's type, "void (int) __attribute__((noreturn))", without the
// parameters.
struct CFunctionType {
  std::string result;  // Empty for a pointer that has something behind it.
  NativeType pointer_result = NativeType::kPointer;  // What that is.
  bool has_prototype = true;
  std::vector<std::string> attributes;  // "noreturn"; calling conventions.
};

// Error: UNIMPLEMENTED for what is no function type.
absl::StatusOr<CFunctionType> ParseCFunctionType(absl::string_view text);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_C_TYPES_H_
