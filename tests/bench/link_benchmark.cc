// What it costs to make bytes callable: one at a time and in a batch, proven and not, in every way
// of mapping, against one mmap() and mprotect() for each and against libffi's closures. The first
// call of each is part of it: pages that were not touched cost nothing yet.

#include <benchmark/benchmark.h>
#include <ffi.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/log.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"
#include "tests/bench/measured.h"
#include "tests/bench/resident_memory.h"

namespace springboard {
namespace {

constexpr size_t kBatch = 10000;
constexpr size_t kSingles = 200;
constexpr size_t kMappings = 2000;

constexpr MappingWay kWays[] = {MappingWay::kSealedShared, MappingWay::kSealedPrivate,
                                MappingWay::kDual, MappingWay::kTemporaryFile,
                                MappingWay::kAnonymous};

// As V8 calls it, and as the callee is called.
using Entry = uint32_t (*)(const void* receiver, uint32_t a, uint32_t b);
uint32_t Add(uint32_t a, uint32_t b) { return a + b; }

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "link_benchmark: " << what << "\n";
  std::exit(1);
}

void CallOnce(const void* entry) {
  if (reinterpret_cast<Entry>(reinterpret_cast<uintptr_t>(entry))(nullptr, 2, 3) != 5) {
    Fail("a trampoline gave another sum");
  }
}

// Of this thread, in the kernel too.
double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// What was made callable lives until its deleter is called.
using Linked = std::shared_ptr<void>;

// Makes so many callable, and calls each once.
using Link = std::function<Linked(size_t count)>;

// Each iteration makes `count`; its time is that of one. What ends them is not timed.
void Run(benchmark::State& state, const Link& link, size_t count) {
  link(count);
  for (auto _ : state) {
    const double begin = CpuSeconds();
    const Linked linked = link(count);
    state.SetIterationTime((CpuSeconds() - begin) / static_cast<double>(count));
  }
}

struct Made {
  Signature signature = *Signature::Parse("u32(u32,u32)");
  Trampoline trampoline = *Compile({signature, *HostTarget()});
  std::vector<LinkRequest> requests{
      kBatch, LinkRequest{&signature, &trampoline, reinterpret_cast<const void*>(&Add)}};
};

Link InBatch(CodeArena& arena, const Made& made) {
  return [&](size_t count) -> Linked {
    absl::StatusOr<std::vector<BoundTrampoline>> linked =
        arena.LinkAll(absl::MakeSpan(made.requests).first(count));
    if (!linked.ok()) Fail(linked.status().ToString());
    for (const BoundTrampoline& one : *linked) CallOnce(one.entry());
    return std::make_shared<std::vector<BoundTrampoline>>(*std::move(linked));
  };
}

Link OneByOne(CodeArena& arena, const Made& made) {
  return [&](size_t count) -> Linked {
    auto all = std::make_shared<std::vector<BoundTrampoline>>();
    all->reserve(count);
    for (size_t i = 0; i < count; ++i) {
      absl::StatusOr<BoundTrampoline> linked =
          arena.Link(made.signature, made.trampoline, made.requests[0].callee);
      if (!linked.ok()) Fail(linked.status().ToString());
      CallOnce(linked->entry());
      all->push_back(*std::move(linked));
    }
    return all;
  };
}

// A page of its own for each, as the reference has it.
class Mapping {
 public:
  Mapping(const Trampoline& trampoline, const void* callee) : size_(trampoline.code.size()) {
    page_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page_ == MAP_FAILED) Fail("mmap");
    auto* const bytes = static_cast<uint8_t*>(page_);
    std::memcpy(bytes, trampoline.code.data(), size_);
    Relocate(bytes, size_, trampoline.relocation.callee_offset_bytes,
             reinterpret_cast<uintptr_t>(callee));
    if (mprotect(page_, size_, PROT_READ | PROT_EXEC) != 0) Fail("mprotect");
  }
  Mapping(Mapping&& other) noexcept
      : page_(std::exchange(other.page_, nullptr)), size_(other.size_) {}
  ~Mapping() {
    if (page_ != nullptr) munmap(page_, size_);
  }

  const void* entry() const { return page_; }

 private:
  void* page_;
  size_t size_;
};

Linked Map(const Made& made, size_t count) {
  auto all = std::make_shared<std::vector<Mapping>>();
  all->reserve(count);
  for (size_t i = 0; i < count; ++i) {
    CallOnce(all->emplace_back(made.trampoline, made.requests[0].callee).entry());
  }
  return all;
}

// libffi's way to a C function from another one: a closure, with the callee behind it.
class Closures {
 public:
  Closures() : types_{&ffi_type_pointer, &ffi_type_uint32, &ffi_type_uint32} {
    if (ffi_prep_cif(&cif_, FFI_DEFAULT_ABI, 3, &ffi_type_uint32, types_.data()) != FFI_OK) {
      Fail("ffi_prep_cif");
    }
  }

  Linked Make(size_t count) {
    auto* const all = new std::vector<void*>();
    all->reserve(count);
    for (size_t i = 0; i < count; ++i) {
      void* entry = nullptr;
      auto* const closure =
          static_cast<ffi_closure*>(ffi_closure_alloc(sizeof(ffi_closure), &entry));
      if (closure == nullptr ||
          ffi_prep_closure_loc(closure, &cif_, &Forward, nullptr, entry) != FFI_OK) {
        Fail("ffi_closure_alloc");
      }
      all->push_back(closure);
      CallOnce(entry);
    }
    return Linked(all, [](std::vector<void*>* closures) {
      for (void* const closure : *closures) ffi_closure_free(closure);
      delete closures;
    });
  }

 private:
  static void Forward(ffi_cif* /*cif*/, void* result, void** arguments, void* /*user*/) {
    *static_cast<ffi_arg*>(result) =
        Add(*static_cast<uint32_t*>(arguments[1]), *static_cast<uint32_t*>(arguments[2]));
  }

  ffi_cif cif_ = {};
  std::array<ffi_type*, 3> types_;
};

double ResidentBytesOfOne(const Link& link) {
  const double before = ResidentBytes();
  const Linked linked = link(kBatch);
  return (ResidentBytes() - before) / static_cast<double>(kBatch);
}

struct Way {
  MappingWay way;
  CodeArena unverified;
  CodeArena proven;
};

class LinkBenchmark {
 public:
  LinkBenchmark() {
    for (const MappingWay way : kWays) {
      CodeArenaOptions options;
      options.way = way;
      absl::StatusOr<CodeArena> proven = CodeArena::Create(options);
      options.verification = Verification::kOff;
      absl::StatusOr<CodeArena> unverified = CodeArena::Create(options);
      if (!proven.ok() || !unverified.ok()) {
        notes_.push_back(absl::StrCat("not here: ", Name(way), ": ", proven.status().message()));
        continue;
      }
      ways_.push_back(std::make_unique<Way>(Way{way, *std::move(unverified), *std::move(proven)}));
    }
    if (ways_.empty()) Fail("the system does not map code");
  }

  void Register(const BenchOptions& options) {
    // Before anything else has memory that others could take.
    resident_mapping_ = ResidentBytesOfOne([this](size_t n) { return Map(made_, n); });
    resident_batch_ = ResidentBytesOfOne(InBatch(ways_.front()->unverified, made_));
    resident_closure_ = ResidentBytesOfOne([this](size_t n) { return closures_.Make(n); });
    iterations_ = options.is_quick ? 2 : 10;
    for (const std::unique_ptr<Way>& way : ways_) {
      const absl::string_view name = Name(way->way);
      Add(absl::StrCat("batch/", name), InBatch(way->unverified, made_), kBatch);
      Add(absl::StrCat("batch_proven/", name), InBatch(way->proven, made_), kBatch);
      Add(absl::StrCat("single/", name), OneByOne(way->unverified, made_), kSingles);
      Add(absl::StrCat("single_proven/", name), OneByOne(way->proven, made_), kSingles);
    }
    Add(
        "mmap", [this](size_t n) { return Map(made_, n); }, kMappings);
    Add(
        "libffi", [this](size_t n) { return closures_.Make(n); }, kBatch);
  }

  // Of the way that is taken unless another is asked for.
  Findings Find(const Measured& measured) const {
    const auto median = [&](const std::string& name) {
      const auto found = measured.find(name);
      return found == measured.end() ? 0 : found->second.Median();
    };
    const std::string usual(Name(ways_.front()->way));
    const double mapping = median("mmap");
    Findings findings;
    findings.notes = notes_;
    findings.figures = {
        {"link.time_vs_mmap", median("batch/" + usual) / mapping, Goal::kAtMost, 0.02},
        {"link.verified_time_vs_mmap", median("batch_proven/" + usual) / mapping, Goal::kAtMost,
         0.2},
        {"link.time_vs_libffi", median("batch/" + usual) / median("libffi")},
        {"link.single_time_vs_mmap", median("single/" + usual) / mapping},
        {"link.memory_vs_mmap", resident_batch_ / resident_mapping_, Goal::kAtMost, 0.025},
        {"link.resident_bytes", resident_batch_},
        {"link.mmap_resident_bytes", resident_mapping_},
        {"link.libffi_resident_bytes", resident_closure_},
    };
    Chart chart;
    chart.name = "link";
    chart.title = "From bytes to callable, in a batch of 10,000";
    chart.y_name = "nanoseconds for each";
    chart.lines = {{"unverified", {}, {}}, {"proven", {}, {}}};
    for (const std::unique_ptr<Way>& way : ways_) {
      const std::string name(Name(way->way));
      chart.bars.push_back(name);
      chart.lines[0].y.push_back(median("batch/" + name));
      chart.lines[1].y.push_back(median("batch_proven/" + name));
    }
    for (const char* const control : {"libffi", "mmap"}) {
      chart.bars.emplace_back(control);
      for (Line& line : chart.lines) line.y.push_back(median(control));
    }
    findings.charts.push_back(std::move(chart));
    return findings;
  }

 private:
  void Add(const std::string& name, Link link, size_t count) {
    benchmark::RegisterBenchmark(
        name.c_str(),
        [link = std::move(link), count](benchmark::State& state) { Run(state, link, count); })
        ->UseManualTime()
        ->Iterations(iterations_);
  }

  const Made made_;
  Closures closures_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::vector<std::string> notes_;
  int64_t iterations_ = 1;
  double resident_mapping_ = 0;
  double resident_batch_ = 0;
  double resident_closure_ = 0;
};

int Main(int argc, char** argv) {
  SetClientLogSink([](absl::string_view /*line*/) {});
  LinkBenchmark all;
  return BenchMain(
      argc, argv, [&](const BenchOptions& options) { all.Register(options); },
      [&](const Measured& measured, const BenchOptions&) { return all.Find(measured); });
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
