// Headers are what V8's calls are, and every compiler takes them without a warning.

#include "client/object/c_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"
#include "tests/support/files.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

// A header of functions t0, t1 and so on, or its error.
absl::StatusOr<std::string> HeaderOf(const std::string& file,
                                     const std::vector<Signature>& signatures) {
  std::vector<CHeaderFunction> functions;
  for (const Signature& signature : signatures) {
    const std::string name = absl::StrCat(functions.size());
    functions.push_back({"t" + name, "c" + name, &signature, "f"});
  }
  return CHeader(file, functions);
}

TEST(CHeaderTest, DeclaresWhatV8Calls) {
  const absl::StatusOr<std::string> header =
      HeaderOf("out/my-stubs.h",
               {*Signature::Parse("u16(bool,u8,i16,f32,f64,usize)"),
                *Signature::Parse("pointer(buffer,function,i64)"), *Signature::Parse("void()")});
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_THAT(*header, testing::ContainsRegex("#ifndef SPRINGBOARD_OBJECT_MY_STUBS_H_[0-9a-f]{16}\n"
                                              "#define SPRINGBOARD_OBJECT_MY_STUBS_H_[0-9a-f]{16}"
                                              "\n"));
  EXPECT_THAT(*header, HasSubstr(R"C(
/* c0: u16(bool,u8,i16,f32,f64,usize) */
uint32_t t0(void *receiver, bool a0, uint32_t a1, int32_t a2, float a3, double a4, uint64_t a5);
static const uint8_t t0_v8_arguments[] = {0, 2, 4, 3, 7, 8, 6};
static const struct springboard_v8_template t0_v8_template = {
    t0_v8_arguments, 7, 4};

/* c1: pointer(buffer,function,i64) */
void t1(void *receiver, const struct springboard_typed_array *a0, uint64_t a1, int64_t a2, const struct springboard_typed_array *out);
static const uint8_t t1_v8_arguments[] = {0, 9, 6, 5, 10};
static const struct springboard_v8_template t1_v8_template = {
    t1_v8_arguments, 5, 1};

/* c2: void() */
void t2(void *receiver);
static const uint8_t t2_v8_arguments[] = {0};
static const struct springboard_v8_template t2_v8_template = {
    t2_v8_arguments, 1, 1};

static const struct springboard_object_function springboard_object_my_stubs[] = {
    {"c0", "u16(bool,u8,i16,f32,f64,usize)", (void (*)(void))t0,
     &t0_v8_template},
)C"));
}

TEST(CHeaderTest, EveryCompilerTakesIt) {
  const TemporaryFolder folder;
  std::vector<Signature> signatures;
  SignatureGenerator generator(/*seed=*/4);
  for (int i = 0; i < 200; ++i) signatures.push_back(generator.Next());
  for (const size_t count : {size_t{0}, size_t{1}, signatures.size()}) {
    const absl::StatusOr<std::string> header =
        HeaderOf("stubs.h", {signatures.begin(), signatures.begin() + static_cast<int>(count)});
    ASSERT_TRUE(header.ok()) << header.status();
    ASSERT_TRUE(WriteFile(folder.File("stubs.h"), *header));
    // Twice, and with the C client's header before and after it.
    ASSERT_TRUE(WriteFile(folder.File("one.c"),
                          "#include \"stubs.h\"\n#include \"client/c/springboard.h\"\n"
                          "#include \"stubs.h\"\n"));
    ASSERT_TRUE(WriteFile(folder.File("two.c"),
                          "#include \"client/c/springboard.h\"\n#include \"stubs.h\"\n"));
    for (const char* const compiler :
         {"/usr/bin/gcc -xc -std=c99", "/usr/bin/gcc -xc++ -std=c++11",
          "/usr/bin/clang-14 -xc -std=c99", "/usr/bin/clang-14 -xc++ -std=c++17",
          "/usr/bin/clang-14 -xc++ -std=c++17 --target=x86_64-windows-gnu -nostdinc++"}) {
      for (const char* const source : {"one.c", "two.c"}) {
        const ProcessResult compiled =
            RunProgram({"/bin/sh", "-c",
                        absl::StrCat(compiler, " -Wall -Wextra -Wpedantic -Werror -I. -I",
                                     folder.File(""), " -fsyntax-only ", folder.File(source))});
        EXPECT_EQ(compiled.exit_code, 0) << compiler << " " << source << ": " << compiled.err;
      }
    }
  }
}

TEST(CHeaderTest, HeadersOfOneNameAreTwoIfTheyDeclareOthers) {
  const auto guard = [](const std::string& file, const char* signature) {
    const std::string text = *HeaderOf(file, {*Signature::Parse(signature)});
    const size_t begin = text.find("#ifndef ");
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  EXPECT_EQ(guard("a/stubs.h", "u8()"), guard("b/stubs.h", "u8()")) << "the folder does not matter";
  EXPECT_NE(guard("stubs.h", "u8()"), guard("stubs.h", "u16()"));
}

TEST(CHeaderTest, WhatCHasNoNameForIsAnError) {
  const Signature signature = *Signature::Parse("void()");
  const auto error = [&](const std::vector<std::string>& names) {
    std::vector<CHeaderFunction> functions;
    functions.reserve(names.size());
    for (const std::string& name : names) {
      functions.push_back({name, "c", &signature, absl::StrCat("f:", functions.size() + 1)});
    }
    const absl::Status status = CHeader("stubs.h", functions).status();
    const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{"none", ""});
    return absl::StrCat(details.reason, " ", details.field, ": ", status.message());
  };
  EXPECT_EQ(error({"good", "a.b"}),
            "NOT_AN_IDENTIFIER f:2: a function in a header has a C identifier as its name, and no "
            "keyword of C or C++; got a.b, of c; without a header an object may have it");
  for (const char* const name : {"", "1a", "int", "if", "_Alignas", "xor_eq", "class", "while"}) {
    EXPECT_THAT(error({name}), HasSubstr("NOT_AN_IDENTIFIER f:1: ")) << name;
  }
  EXPECT_THAT(error({"ints", "If", "_alignas", "xor_eq_"}), HasSubstr("none"));
  EXPECT_EQ(error({"a", "a_v8_template"}),
            "DUPLICATE_SYMBOL f:2: the header would declare a_v8_template twice");
  EXPECT_THAT(error({"springboard_object_stubs"}), HasSubstr("DUPLICATE_SYMBOL"));
}

}  // namespace
}  // namespace springboard
