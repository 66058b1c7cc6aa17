#include "tests/conformance/v8_caller/native_callees.h"

#include <sys/mman.h>

#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "client/mapping/mapping_way.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/conformance/oracle/record_layout.h"

namespace springboard {
namespace {

bool MapRecord() {
  void* const wanted = reinterpret_cast<void*>(kRecord);
  static const bool mapped =
      mmap(wanted, 2 * kRecordBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
  return mapped;
}

}  // namespace

NativeCallees::NativeCallees(std::unique_ptr<CodeRegion> code, std::vector<uint64_t> offsets)
    : code_(std::move(code)), offsets_(std::move(offsets)) {}

absl::StatusOr<NativeCallees> NativeCallees::Load(absl::Span<const Signature> signatures) {
  // The first is clang's for x86_64-sysv.
  absl::StatusOr<CompiledCallees> callees = CompileCallees(OracleCompilers()[0], signatures);
  if (!callees.ok()) return callees.status();
  if (!MapRecord()) return absl::InternalError("the record's address is taken");
  auto mapped = MapCode(callees->text.data(), callees->text.size());
  auto* const code = std::get_if<std::unique_ptr<CodeRegion>>(&mapped);
  if (code == nullptr) {
    return absl::InternalError("the system does not map the callees");
  }
  return NativeCallees(std::move(*code), std::move(callees->offsets));
}

}  // namespace springboard
