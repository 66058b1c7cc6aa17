#ifndef SPRINGBOARD_TESTS_CLIENT_OBJECT_OBJECT_TOOLS_H_
#define SPRINGBOARD_TESTS_CLIENT_OBJECT_OBJECT_TOOLS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/object/object.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {

// What a tool writes to stdout; a failure of the test where it fails or warns.
inline std::string OutputOf(const std::vector<std::string>& command) {
  const ProcessResult result = RunProgram(command);
  std::string line;
  for (const std::string& word : command) line += word + " ";
  EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.out << result.err;
  EXPECT_EQ(result.err, "") << line;
  return result.out;
}

// A source file that defines all callees of the object, each to do nothing but return 0.
inline std::string EmptyCallees(const Object& object) {
  std::string source;
  for (const ObjectFunction& function : object.functions) {
    source += "int " + function.callee + "(void) { return 0; }\n";
  }
  return source;
}

// How often `text` has `part`.
inline size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Between the first `begin` and the next `end` behind it; empty if there is none.
inline std::string Between(const std::string& text, const std::string& begin,
                           const std::string& end) {
  const size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  return text.substr(from, text.find(end, from + begin.size()) - from);
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_OBJECT_OBJECT_TOOLS_H_
