#include "client/pack/pack_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/pack/pack_format.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

template <typename Value>
void Append(const Value& value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

absl::Status Refused(const std::string& path, absl::string_view what) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kFileRefused, "output",
                   absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

bool WriteAll(int file, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status PackWriter::Add(const CompileRequest& request, const Trampoline& trampoline) {
  if (!entries_.empty() && entries_.begin()->second.codegen_version != trampoline.codegen_version) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "",
                     absl::StrCat("a pack is of one codegen version; it has ",
                                  entries_.begin()->second.codegen_version, ", got ",
                                  trampoline.codegen_version));
  }
  entries_.try_emplace(RequestKey(request), trampoline);
  return absl::OkStatus();
}

std::string PackWriter::ToBytes() const {
  PackHeader header = {};
  std::memcpy(header.magic, kPackMagic, sizeof(kPackMagic));
  header.format = kPackFormat;
  header.codegen_version =
      entries_.empty() ? kCodegenVersion : entries_.begin()->second.codegen_version;
  header.entries = entries_.size();
  std::string index;
  std::string data;
  const size_t data_offset = sizeof(header) + entries_.size() * sizeof(PackRow);
  for (const auto& [key, trampoline] : entries_) {
    const PackRow row = {data_offset + data.size(),
                         static_cast<uint32_t>(key.size()),
                         static_cast<uint32_t>(trampoline.code.size()),
                         trampoline.relocation.callee_offset_bytes,
                         trampoline.alignment_bytes,
                         trampoline.frame_bytes,
                         trampoline.is_tail_call ? 1U : 0U};
    Append(row, index);
    data += key;
    data.append(trampoline.code.begin(), trampoline.code.end());
  }
  header.file_bytes = data_offset + data.size();
  std::string bytes;
  Append(header, bytes);
  return bytes + index + data;
}

absl::Status PackWriter::WriteTo(const std::string& path) const {
  // Beside it, so that it can be renamed.
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".", std::random_device()());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return Refused(path, "make a file beside");
  absl::Status status;
  if (!WriteAll(file, ToBytes()) || fsync(file) != 0) status = Refused(path, "write");
  if (close(file) != 0 && status.ok()) status = Refused(path, "write");
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    status = Refused(path, "replace");
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace springboard
