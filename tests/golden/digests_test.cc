// What is generated, by digest: of every systematic signature and of many random ones, for every
// target. Other bytes of the same codegen version would not be what farms and caches have.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "compiler/compile.h"
#include "tests/support/files.h"
#include "tests/support/signature_generator.h"
#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

constexpr int kRandomSignatures = 20000;
constexpr char kFile[] = "tests/golden/digests.txt";

bool update_digests = false;

struct Digests {
  uint32_t codegen_version = 0;
  std::map<std::string, std::string> by_code;  // "x86_64-sysv v8-10": hexadecimal.
};

std::vector<Signature> Signatures() {
  std::vector<Signature> signatures = SystematicSignatures();
  SignatureGenerator generator(/*seed=*/2026);
  for (int i = 0; i < kRandomSignatures; ++i) signatures.push_back(generator.Next());
  return signatures;
}

// SHA-256 of all that a trampoline has, each after the number of its bytes.
std::string DigestOf(const std::vector<Signature>& signatures, Target target,
                     CallerProfile profile) {
  const auto context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const Signature& signature : signatures) {
    const absl::StatusOr<Trampoline> made = Compile({signature, target, profile});
    if (!made.ok()) {
      ADD_FAILURE() << signature.ToString() << ": " << made.status();
      break;
    }
    const std::string text = absl::StrCat(
        signature.ToString(), " ", made->relocation.callee_offset_bytes, " ", made->alignment_bytes,
        " ", made->frame_bytes, " ", made->is_tail_call, " ", made->code.size(), "\n");
    EVP_DigestUpdate(context, text.data(), text.size());
    EVP_DigestUpdate(context, made->code.data(), made->code.size());
  }
  std::array<char, EVP_MAX_MD_SIZE> digest = {};
  unsigned size = 0;
  EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.data()), &size);
  EVP_MD_CTX_free(context);
  return absl::BytesToHexString({digest.data(), size});
}

Digests CurrentDigests() {
  const std::vector<Signature> signatures = Signatures();
  Digests digests = {kCodegenVersion, {}};
  for (const TargetInfo& target : AllTargets()) {
    for (const CallerProfileInfo& profile : AllCallerProfiles()) {
      digests.by_code[absl::StrCat(target.name, " ", profile.name)] =
          DigestOf(signatures, target.target, profile.profile);
    }
  }
  return digests;
}

// In a test the runfiles; on update the checkout.
std::string Path() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return update_digests && workspace != nullptr ? absl::StrCat(workspace, "/", kFile) : kFile;
}

// Lines "codegen_version N" and "TARGET PROFILE DIGEST".
Digests ReadDigests() {
  Digests digests;
  for (const absl::string_view line : absl::StrSplit(ReadFile(Path()), '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "#")) continue;
    const size_t space = line.rfind(' ');
    if (space == absl::string_view::npos) continue;
    const absl::string_view name = line.substr(0, space);
    const absl::string_view value = line.substr(space + 1);
    if (name == "codegen_version") {
      EXPECT_TRUE(absl::SimpleAtoi(value, &digests.codegen_version)) << line;
    } else {
      digests.by_code[std::string(name)] = std::string(value);
    }
  }
  return digests;
}

bool WriteDigests(const Digests& digests) {
  std::string text = absl::StrCat(
      "# SHA-256 of the code of digests_test's signatures. tools/bump-codegen-version writes "
      "this.\n"
      "codegen_version ",
      digests.codegen_version, "\n");
  for (const auto& [name, digest] : digests.by_code) {
    absl::StrAppend(&text, name, " ", digest, "\n");
  }
  return WriteFile(Path(), text);
}

TEST(DigestsTest, TheSameVersionGeneratesTheSameBytes) {
  const Digests golden = ReadDigests();
  const Digests now = CurrentDigests();
  if (update_digests) {
    ASSERT_TRUE(golden.by_code.empty() || golden.codegen_version != now.codegen_version ||
                golden.by_code == now.by_code)
        << "code of version " << now.codegen_version << " has changed: it needs another version; "
        << "tools/bump-codegen-version raises it";
    ASSERT_TRUE(WriteDigests(now)) << Path();
    return;
  }
  EXPECT_EQ(golden.codegen_version, now.codegen_version)
      << kFile << " is of another version: tools/bump-codegen-version changes both";
  EXPECT_EQ(golden.by_code, now.by_code)
      << "other code is generated than before. By accident: find out why; tests/golden shows named "
         "signatures. On purpose: tools/bump-codegen-version";
}

TEST(DigestsTest, ADigestSeesEveryPartOfTheCode) {
  const std::vector<Signature> two = {*Signature::Parse("i32(i32,f64)"), *Signature::Parse("u8()")};
  const std::vector<Signature> other = {*Signature::Parse("i32(i32,f64)"),
                                        *Signature::Parse("i8()")};
  const auto digest = [](const std::vector<Signature>& signatures, Target target) {
    return DigestOf(signatures, target, CallerProfile::kV8_10);
  };
  EXPECT_EQ(digest(two, Target::kX64SystemV), digest(two, Target::kX64SystemV));
  EXPECT_NE(digest(two, Target::kX64SystemV), digest(other, Target::kX64SystemV));
  EXPECT_NE(digest(two, Target::kX64SystemV), digest(two, Target::kX64Windows));
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  springboard::update_digests = argc == 2 && std::string(argv[1]) == "--update";
  return RUN_ALL_TESTS();
}
