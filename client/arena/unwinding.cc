#include "client/arena/unwinding.h"

#include <array>
#include <vector>

#include "client/arena/eh_frame.h"

// libgcc's, as crtbegin.o uses them: `object` is storage that libgcc keeps until deregistration; it
// takes 48 bytes of it in GCC 12, and a mutex of libgcc guards both. Unlike __register_frame() they
// do not allocate there; from GCC 13 on libgcc may.
extern "C" {
void __register_frame_info(const void* begin, void* object);
void* __deregister_frame_info(const void* begin);
}

namespace springboard {
namespace {

class Registration final : public CodeRegistration {
 public:
  // The copy has no spare capacity.
  explicit Registration(const EhFrame& frame) : bytes_(frame.bytes) {
    __register_frame_info(bytes_.data(), object_.data());
  }
  ~Registration() override { __deregister_frame_info(bytes_.data()); }

 private:
  const std::vector<uint8_t> bytes_;
  std::array<void*, 16> object_ = {};
};

class UnwindingObserver final : public CodeObserver {
 public:
  explicit UnwindingObserver(UnwindTables tables) : tables_(tables) {}

  absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) override {
    const EhFrame frame = BuildEhFrame(code, tables_);
    if (!frame.has_frames) return nullptr;
    return std::make_unique<Registration>(frame);
  }

 private:
  const UnwindTables tables_;
};

}  // namespace

CodeObserver& Unwinding(UnwindTables tables) {
  static auto* const synchronous = new UnwindingObserver(UnwindTables::kSynchronous);
  static auto* const asynchronous = new UnwindingObserver(UnwindTables::kAsynchronous);
  return tables == UnwindTables::kSynchronous ? *synchronous : *asynchronous;
}

}  // namespace springboard
