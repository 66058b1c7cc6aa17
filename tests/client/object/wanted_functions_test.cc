// Which functions an object has, and what they are called.

#include "client/object/wanted_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using testing::ElementsAre;

Manifest SomeManifest(const std::vector<std::string>& names) {
  Manifest manifest;
  for (const std::string& name : names) {
    manifest.symbols.push_back({name,
                                *Signature::Parse("void()"),
                                CallerProfile::kV8_10,
                                {},
                                absl::StrCat("m.textproto:", manifest.symbols.size() + 1)});
  }
  return manifest;
}

std::vector<std::string> NamesOf(const Manifest& manifest, const std::string& pattern) {
  const auto wanted = WantedFunctions(manifest, Target::kA64Linux, pattern);
  EXPECT_TRUE(wanted.ok()) << wanted.status();
  std::vector<std::string> names;
  if (!wanted.ok()) return names;
  for (const WantedFunction& one : *wanted) {
    names.push_back(absl::StrCat(one.name, " ", one.callee->name));
  }
  return names;
}

TEST(WantedFunctionsTest, AreNamedByThePatternAndInOrder) {
  const Manifest manifest = SomeManifest({"b", "a", "a_", "a2"});
  EXPECT_THAT(NamesOf(manifest, "__springboard_{name}"),
              ElementsAre("__springboard_a a", "__springboard_a2 a2", "__springboard_a_ a_",
                          "__springboard_b b"));
  // By their own names and not by those of the functions.
  EXPECT_THAT(NamesOf(manifest, "{name}0"), ElementsAre("a0 a", "a20 a2", "a_0 a_", "b0 b"));
}

TEST(WantedFunctionsTest, AreThoseForTheTarget) {
  Manifest manifest = SomeManifest({"a", "b", "b"});
  manifest.symbols[1].targets = {Target::kX64SystemV};
  manifest.symbols[2].targets = {Target::kA64Apple, Target::kA64Linux};
  manifest.symbols[2].signature = *Signature::Parse("u8()");
  const auto wanted = WantedFunctions(manifest, Target::kA64Linux, "x{name}");
  ASSERT_TRUE(wanted.ok()) << wanted.status();
  ASSERT_EQ(wanted->size(), 2);
  EXPECT_EQ((*wanted)[1].callee, &manifest.symbols[2]);
}

TEST(WantedFunctionsTest, BadNamesAreErrors) {
  const auto error = [](const std::vector<std::string>& names, const std::string& pattern) {
    const Manifest manifest = SomeManifest(names);
    const absl::Status status = WantedFunctions(manifest, Target::kA64Linux, pattern).status();
    const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{"none", ""});
    return absl::StrCat(details.reason, " ", details.field, ": ", status.message());
  };
  EXPECT_EQ(error({"a"}, "fast"),
            "NOT_AN_IDENTIFIER symbol_pattern: a pattern has {name} once, where the function's "
            "name goes; got \"fast\"");
  EXPECT_EQ(error({"a"}, "{name}{name}").substr(0, 33), "NOT_AN_IDENTIFIER symbol_pattern:");
  EXPECT_EQ(error({"a"}, "{name}").substr(0, 32), "DUPLICATE_SYMBOL symbol_pattern:");
  EXPECT_EQ(error({"pow", "sin", "fast_pow"}, "fast_{name}"),
            "DUPLICATE_SYMBOL symbol_pattern: m.textproto:1: pow: its trampoline would be called "
            "fast_pow, as the function at m.textproto:3; another pattern gives another name");
  EXPECT_EQ(error({"a"}, "a b{name}"),
            "NOT_AN_IDENTIFIER symbol_pattern: a name has no spaces and no control characters; "
            "got \"a ba\"");
  EXPECT_EQ(error({std::string(4000, 'a')}, "{name}" + std::string(97, 'b')),
            "NOT_AN_IDENTIFIER symbol_pattern: a name has 1 to 4096 bytes; got 4097");
}

}  // namespace
}  // namespace springboard
