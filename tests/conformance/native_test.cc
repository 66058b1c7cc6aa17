// Random signatures executed on this machine, System V and Windows conventions, with libffi as an
// independent implementation of both on either side of the trampoline. V8's integers and floats
// go in as 64 bits, so that everything above their width is garbage.

#include <ffi.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <variant>
#include <vector>

#include "client/mapping/mapping_way.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"
#include "compiler/fast_api.h"
#include "tests/support/bits.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

#ifndef __x86_64__
TEST(NativeTest, NeedsX64) { GTEST_SKIP() << "runs x86-64 code only"; }
#else

struct Convention {
  Target target;
  ffi_abi abi;
  bool callee_relies_on_extension;
};

struct TypedArray {
  uint64_t length;
  void* data;
};

uint64_t Extended(NativeType type, uint64_t bits) {
  switch (type) {
    case NativeType::kBool:
    case NativeType::kU8:
      return static_cast<uint8_t>(bits);
    case NativeType::kU16:
      return static_cast<uint16_t>(bits);
    case NativeType::kI8:
      return static_cast<uint32_t>(static_cast<int8_t>(bits));
    case NativeType::kI16:
      return static_cast<uint32_t>(static_cast<int16_t>(bits));
    default:
      return bits;
  }
}

bool IsFloat(NativeType type) { return Info(type).type_class == TypeClass::kFloat; }

// All 8 bytes of a register or stack slot.
ffi_type* WholeSlot(NativeType type) { return IsFloat(type) ? &ffi_type_double : &ffi_type_uint64; }

// What the callee saw, and what it answers.
struct Callee {
  const Signature* signature;
  std::vector<uint64_t> seen;
  uint64_t result_bits;
};

void RecordArguments(ffi_cif* /*cif*/, void* result, void** arguments, void* user_data) {
  Callee& callee = *static_cast<Callee*>(user_data);
  for (size_t i = 0; i < callee.signature->parameters().size(); ++i) {
    uint64_t bits = 0;
    std::memcpy(&bits, arguments[i], sizeof(bits));
    callee.seen.push_back(bits);
  }
  if (callee.signature->result() != NativeType::kVoid) {
    std::memcpy(result, &callee.result_bits, sizeof(callee.result_bits));
  }
}

// A C function of the signature, made by libffi.
class Closure {
 public:
  Closure(const Convention& convention, Callee& callee) {
    for (const NativeType type : callee.signature->parameters()) types_.push_back(WholeSlot(type));
    const NativeType result = callee.signature->result();
    ffi_type* const result_type = result == NativeType::kVoid ? &ffi_type_void : WholeSlot(result);
    closure_ = static_cast<ffi_closure*>(ffi_closure_alloc(sizeof(ffi_closure), &entry_));
    is_ready_ = closure_ != nullptr &&
                ffi_prep_cif(&cif_, convention.abi, static_cast<unsigned>(types_.size()),
                             result_type, types_.data()) == FFI_OK &&
                ffi_prep_closure_loc(closure_, &cif_, &RecordArguments, &callee, entry_) == FFI_OK;
  }
  ~Closure() {
    if (closure_ != nullptr) ffi_closure_free(closure_);
  }
  Closure(const Closure&) = delete;
  Closure& operator=(const Closure&) = delete;

  bool is_ready() const { return is_ready_; }
  const void* entry() const { return entry_; }

 private:
  std::vector<ffi_type*> types_;
  ffi_cif cif_ = {};
  void* entry_ = nullptr;
  ffi_closure* closure_ = nullptr;
  bool is_ready_ = false;
};

class NativeTest : public testing::TestWithParam<Convention> {
 protected:
  // Calls the trampoline as V8 does and compares both sides.
  void Check(const Signature& signature) {
    const absl::StatusOr<Trampoline> trampoline = Compile({signature, GetParam().target});
    ASSERT_TRUE(trampoline.ok()) << trampoline.status();
    Callee callee = {&signature, {}, random_()};
    const Closure closure(GetParam(), callee);
    ASSERT_TRUE(closure.is_ready());
    CodeBytes code = trampoline->code;
    ASSERT_TRUE(Relocate(code.data(), code.size(), trampoline->relocation.callee_offset_bytes,
                         reinterpret_cast<uintptr_t>(closure.entry())));
    const auto mapped = MapCode(code.data(), code.size());
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<CodeRegion> >(mapped));

    uint64_t out[3] = {random_(), random_(), random_()};
    const uint64_t before[3] = {out[0], out[1], out[2]};
    const uint64_t result =
        CallAsV8(signature, std::get<std::unique_ptr<CodeRegion> >(mapped)->address(), &out[1]);
    CompareArguments(signature, callee);
    CompareResult(signature.result(), callee.result_bits, result, out[1]);
    EXPECT_EQ(out[0], before[0]) << "written before the out array's data";
    EXPECT_EQ(out[2], before[2]) << "written behind the out array's data";
  }

  std::mt19937_64 random_{20221122};

 private:
  uint64_t CallAsV8(const Signature& signature, const void* entry, uint64_t* out) {
    const size_t count = signature.parameters().size();
    std::vector<ffi_type*> types = {&ffi_type_uint64};
    std::vector<uint64_t> slots = {random_()};
    std::vector<TypedArray> arrays(count + 1);
    expected_.clear();
    for (size_t i = 0; i < count; ++i) {
      const NativeType type = signature.parameters()[i];
      const uint64_t bits = random_();
      types.push_back(WholeSlot(type));
      expected_.push_back(bits);
      arrays[i] = {random_(), reinterpret_cast<void*>(bits)};
      const bool is_buffer = type == NativeType::kBuffer;
      slots.push_back(is_buffer ? reinterpret_cast<uintptr_t>(&arrays[i]) : bits);
    }
    arrays[count] = {2, out};
    if (NeedsOutArray(signature.result())) {
      types.push_back(&ffi_type_uint64);
      slots.push_back(reinterpret_cast<uintptr_t>(&arrays[count]));
    }
    std::vector<void*> pointers;
    for (uint64_t& slot : slots) pointers.push_back(&slot);
    ffi_cif cif;
    ffi_type* const result_type = IsFloat(signature.result()) ? &ffi_type_double : &ffi_type_uint64;
    EXPECT_EQ(ffi_prep_cif(&cif, GetParam().abi, static_cast<unsigned>(types.size()), result_type,
                           types.data()),
              FFI_OK);
    uint64_t result = 0;
    ffi_call(&cif, reinterpret_cast<void (*)()>(reinterpret_cast<uintptr_t>(entry)), &result,
             pointers.data());
    return result;
  }

  void CompareArguments(const Signature& signature, const Callee& callee) {
    ASSERT_EQ(callee.seen.size(), expected_.size());
    for (size_t i = 0; i < expected_.size(); ++i) {
      const NativeTypeInfo& info = Info(signature.parameters()[i]);
      const bool promoted = info.is_narrow() && GetParam().callee_relies_on_extension;
      const uint64_t mask = Mask(promoted ? 4 : info.size_bytes);
      EXPECT_EQ(callee.seen[i] & mask, Extended(signature.parameters()[i], expected_[i]) & mask)
          << "argument " << i << ", " << info.name;
    }
  }

  static void CompareResult(NativeType type, uint64_t sent, uint64_t received, uint64_t out) {
    if (type == NativeType::kVoid) return;
    if (NeedsOutArray(type)) {
      EXPECT_EQ(out, sent) << "in the out array";
      return;
    }
    const bool masked_by_v8 = type == NativeType::kBool;
    const uint64_t mask = Mask(Info(type).is_narrow() && !masked_by_v8 ? 4 : Info(type).size_bytes);
    EXPECT_EQ(received & mask, Extended(type, sent) & mask) << "result";
  }

  std::vector<uint64_t> expected_;
};

TEST_P(NativeTest, RandomSignatures) {
  constexpr int kSignatures = 4000;
  SignatureGenerator generator(/*seed=*/2);
  for (int i = 0; i < kSignatures && !HasFailure(); ++i) {
    const Signature signature = generator.Next();
    SCOPED_TRACE(testing::Message() << "springboard compile --format=asm --target="
                                    << GetParam().target << " --signature='" << signature << "'");
    Check(signature);
  }
}

INSTANTIATE_TEST_SUITE_P(Conventions, NativeTest,
                         testing::Values(Convention{Target::kX64SystemV, FFI_UNIX64, true},
                                         Convention{Target::kX64Windows, FFI_GNUW64, false}),
                         [](const auto& convention) {
                           return convention.param.target == Target::kX64SystemV ? "SystemV"
                                                                                 : "Windows";
                         });

#endif

}  // namespace
}  // namespace springboard
