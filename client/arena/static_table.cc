#include "client/arena/static_table.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/arena/code_registry.h"
#include "client/arena/link_error.h"
#include "client/host_target.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// Reads the table.
class View {
 public:
  explicit View(const StaticTable& table) : table_(table) {}

  absl::Span<const StaticTable::Entry> entries() const { return {table_.entries, table_.size}; }

  absl::string_view Signature(const StaticTable::Entry& entry) const {
    return {At<const char>(entry.signature), entry.signature_bytes};
  }

  const uint8_t* Code(const StaticTable::Entry& entry, uint32_t copy) const {
    return At<const uint8_t>(entry.code) + size_t{entry.stride_bytes} * copy;
  }

  // Read by the copy whenever it is called.
  uint64_t* Callee(const StaticTable::Entry& entry, uint32_t copy) const {
    // The table is constant; the callees, which it names, are not.
    return const_cast<uint64_t*>(At<const uint64_t>(entry.callees)) + copy;
  }

  bool ProbeRuns() const {
    return reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(
               At<const uint8_t>(table_.probe)))() == StaticTable::kProbeResult;
  }

  const uint8_t* begin() const { return Code(entries().front(), 0); }
  const uint8_t* end() const { return Code(entries().back(), entries().back().copies); }

 private:
  template <typename T>
  T* At(int32_t offset) const {
    return reinterpret_cast<T*>(reinterpret_cast<const char*>(&table_) + offset);
  }

  const StaticTable& table_;
};

void Store(uint64_t* slot, const void* callee) {
  __atomic_store_n(slot, reinterpret_cast<uintptr_t>(callee), __ATOMIC_RELEASE);
}

class TableOwner final : public CodeOwner {
 public:
  explicit TableOwner(View view) : view_(view) {}

  bool Release(const uint8_t* entry) override {
    Store(CalleeOf(entry), nullptr);
    return false;
  }

  absl::Status Repoint(const uint8_t* entry, const void* callee) override {
    Store(CalleeOf(entry), callee);
    return absl::OkStatus();
  }

 private:
  // Code is in the order of the entries.
  uint64_t* CalleeOf(const uint8_t* code) const {
    const auto entries = view_.entries();
    const auto after = std::upper_bound(
        entries.begin(), entries.end(), code,
        [&](const uint8_t* wanted, const auto& entry) { return wanted < view_.Code(entry, 0); });
    const StaticTable::Entry& entry = *std::prev(after);
    const auto offset = static_cast<size_t>(code - view_.Code(entry, 0));
    return view_.Callee(entry, static_cast<uint32_t>(offset / entry.stride_bytes));
  }

  const View view_;
};

class StaticLinker final : public Linker {
 public:
  explicit StaticLinker(const StaticTable& table) : table_(table), view_(table) {}

  absl::StatusOr<std::vector<BoundTrampoline>> Link(
      absl::Span<const LinkRequest> requests) override {
    std::vector<BoundTrampoline> linked;
    linked.reserve(requests.size());
    for (const LinkRequest& request : requests) {
      const absl::StatusOr<const uint8_t*> code = Bind(request);
      if (!code.ok()) return code.status();
      linked.emplace_back(*code);
    }
    return linked;
  }

 private:
  absl::StatusOr<const uint8_t*> Bind(const LinkRequest& request) {
    const std::string signature = request.signature->ToString();
    const auto entries = view_.entries();
    const auto found = std::lower_bound(
        entries.begin(), entries.end(), signature,
        [&](const auto& entry, const std::string& text) { return view_.Signature(entry) < text; });
    if (found == entries.end() || view_.Signature(*found) != signature ||
        table_.profile != static_cast<uint32_t>(request.trampoline->profile)) {
      return MakeError(absl::StatusCode::kNotFound, reason::kSignatureNotInTable, "signature",
                       absl::StrCat("the static table has no trampolines of ", signature,
                                    "; add the signature to the list it is made from"));
    }
    const CodeRegistry::Lock lock = CodeRegistry::Get().Acquire();
    for (uint32_t copy = 0; copy < found->copies; ++copy) {
      uint64_t* const callee = view_.Callee(*found, copy);
      if (*callee != 0) continue;
      Store(callee, request.callee);
      return view_.Code(*found, copy);
    }
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kStaticTableFull, "signature",
                     absl::StrCat("all ", found->copies, " trampolines of ", signature,
                                  " in the static table are in use; make it with more copies"));
  }

  const StaticTable& table_;
  const View view_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Linker>> MakeStaticLinker(const StaticTable& table) {
  const View view(table);
  if (table.version != StaticTable::kVersion ||
      table.target != static_cast<uint32_t>(*HostTarget()) || table.size == 0) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, reason::kWrongTable, "static_table",
        absl::StrCat("a static table is of version ", StaticTable::kVersion, ", for ",
                     ToString(*HostTarget()), " and not empty; got version ", table.version,
                     " for ", ToString(static_cast<Target>(table.target)), " with ", table.size,
                     " signatures"));
  }
  if (!view.ProbeRuns()) return MappingRefused({"execution", EFAULT}, /*directory=*/"");
  auto linker = std::make_unique<StaticLinker>(table);
  std::unique_ptr<CodeOwner> owner = std::make_unique<TableOwner>(view);
  CodeRegistry& registry = CodeRegistry::Get();
  const CodeRegistry::Lock lock = registry.Acquire();
  // If another arena uses the table, it has an owner already.
  static_cast<void>(
      registry.Add(lock, view.begin(), static_cast<size_t>(view.end() - view.begin()), owner));
  return linker;
}

}  // namespace springboard
