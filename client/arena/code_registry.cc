#include "client/arena/code_registry.h"

#include <iterator>
#include <utility>

namespace springboard {

CodeRegistry& CodeRegistry::Get() {
  // Handles may be destroyed after every other object.
  static auto* const registry = new CodeRegistry;
  return *registry;
}

bool CodeRegistry::IsFree(const Lock& /*lock*/, const uint8_t* begin, size_t size) const {
  const auto next = ranges_.lower_bound(begin);
  if (next != ranges_.end() && next->first < begin + size) return false;
  if (next == ranges_.begin()) return true;
  const auto before = std::prev(next);
  return before->first + before->second.size <= begin;
}

bool CodeRegistry::Add(const Lock& lock, const uint8_t* begin, size_t size,
                       std::unique_ptr<CodeOwner>& owner) {
  if (!IsFree(lock, begin, size)) return false;
  ranges_.emplace(begin, Range{size, nullptr}).first->second.owner = std::move(owner);
  return true;
}

std::unique_ptr<CodeOwner> CodeRegistry::Take(const Lock& /*lock*/, const uint8_t* begin) {
  const auto found = ranges_.find(begin);
  if (found == ranges_.end()) return nullptr;
  std::unique_ptr<CodeOwner> owner = std::move(found->second.owner);
  ranges_.erase(found);
  return owner;
}

CodeRegistry::Ranges::iterator CodeRegistry::Find(const uint8_t* entry) {
  const auto after = ranges_.upper_bound(entry);
  return std::prev(after);
}

void CodeRegistry::Release(const uint8_t* entry) {
  std::unique_ptr<CodeOwner> ended;
  const Lock lock = Acquire();
  const auto found = Find(entry);
  if (!found->second.owner->Release(entry)) return;
  ended = std::move(found->second.owner);
  ranges_.erase(found);
}

absl::Status CodeRegistry::Repoint(const uint8_t* entry, const void* callee) {
  const Lock lock = Acquire();
  return Find(entry)->second.owner->Repoint(entry, callee);
}

}  // namespace springboard
