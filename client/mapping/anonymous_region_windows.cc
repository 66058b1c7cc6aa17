#include <windows.h>

#include <cstring>

#include "client/mapping/anonymous_region.h"

namespace springboard {
namespace {

MappingError LastError(const char* operation) {
  return {operation, static_cast<int>(GetLastError())};
}

class AnonymousRegion final : public CodeRegion {
 public:
  AnonymousRegion(void* memory, size_t size) : memory_(memory), size_(size) {}
  ~AnonymousRegion() override { VirtualFree(memory_, 0, MEM_RELEASE); }

  MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override {
    std::memcpy(static_cast<uint8_t*>(memory_) + offset, bytes, size);
    return std::nullopt;
  }

  MappingResult Seal() override { return Protect(PAGE_READONLY); }

  MappingResult Map() override {
    if (const MappingResult error = Protect(PAGE_EXECUTE_READ)) return error;
    if (!FlushInstructionCache(GetCurrentProcess(), memory_, size_)) {
      return LastError("FlushInstructionCache");
    }
    is_mapped_ = true;
    return std::nullopt;
  }

  const uint8_t* address() const override {
    return is_mapped_ ? static_cast<const uint8_t*>(memory_) : nullptr;
  }
  const uint8_t* destination() const override { return static_cast<const uint8_t*>(memory_); }
  size_t size() const override { return size_; }

 private:
  MappingResult Protect(DWORD protection) {
    DWORD before = 0;
    if (!VirtualProtect(memory_, size_, protection, &before)) return LastError("VirtualProtect");
    return std::nullopt;
  }

  void* const memory_;
  const size_t size_;
  bool is_mapped_ = false;
};

}  // namespace

ReservedRegion ReserveAnonymous(size_t size, std::optional<Neighborhood> /*neighborhood*/) {
  void* const memory = VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (memory == nullptr) return LastError("VirtualAlloc");
  return std::make_unique<AnonymousRegion>(memory, size);
}

}  // namespace springboard
