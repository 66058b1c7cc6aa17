// Puts together what the programs of tools/bench wrote: see --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kDescription[] =
    "Prints what the programs of tools/bench found as one table, and writes it as one JSON object\n"
    "and as charts, by gnuplot.\n"
    "Exit codes: 0 done, 1 a file could not be read or written, 2 wrong usage.";

struct Flags {
  std::vector<std::string> files;
  std::string json;
  std::string charts;
};

// Of a figure: "at most 1", and whether it is.
std::string Verdict(const Json& figure) {
  const double value = figure.at("value");
  if (figure.contains("at_most")) {
    const double limit = figure["at_most"];
    return absl::StrFormat("%-7s at most %g", value <= limit ? "met" : "MISSED", limit);
  }
  if (figure.contains("at_least")) {
    const double limit = figure["at_least"];
    return absl::StrFormat("%-7s at least %g", value >= limit ? "met" : "MISSED", limit);
  }
  return "";
}

void PrintTable(const std::vector<Json>& found) {
  std::cout << absl::StreamFormat("%-56s %14s  %s\n", "measured", "median ns", "spread");
  for (const Json& one : found) {
    for (const Json& row : one.at("measured")) {
      std::cout << absl::StreamFormat("%-56s %14.1f  %5.1f %%\n", row.at("name").get<std::string>(),
                                      row.at("median").get<double>(),
                                      100 * row.at("spread").get<double>());
    }
  }
  std::cout << absl::StreamFormat("\n%-56s %14s  goal\n", "figure", "value");
  for (const Json& one : found) {
    for (const Json& row : one.at("figures")) {
      std::cout << absl::StreamFormat("%-56s %14.4g  %s\n", row.at("name").get<std::string>(),
                                      row.at("value").get<double>(), Verdict(row));
    }
  }
  for (const Json& one : found) {
    for (const Json& note : one.at("notes"))
      std::cout << "note: " << note.get<std::string>() << "\n";
  }
}

Json Flat(const std::vector<Json>& found) {
  Json flat = Json::object();
  for (const Json& one : found) {
    for (const Json& row : one.at("figures"))
      flat[row.at("name").get<std::string>()] = row["value"];
  }
  return flat;
}

// A text in a gnuplot script: quotes are doubled within single ones.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}, {"\n", " "}}), "'");
}

void AppendLines(const Json& chart, std::string& script) {
  const Json& lines = chart.at("lines");
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&script, "$line", i, " << EOD\n");
    for (size_t j = 0; j < lines[i].at("x").size(); ++j) {
      absl::StrAppend(&script, lines[i]["x"][j].dump(), " ", lines[i].at("y")[j].dump(), "\n");
    }
    absl::StrAppend(&script, "EOD\n");
  }
  if (chart.at("is_logarithmic").get<bool>()) absl::StrAppend(&script, "set logscale xy\n");
  absl::StrAppend(&script, "plot ");
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&script, i == 0 ? "" : ", ", "$line", i, " using 1:2 with linespoints title ",
                    Quoted(lines[i].at("name")));
  }
}

void AppendBars(const Json& chart, std::string& script) {
  const Json& lines = chart.at("lines");
  absl::StrAppend(&script, "$bars << EOD\n");
  for (size_t i = 0; i < chart.at("bars").size(); ++i) {
    absl::StrAppend(&script, chart["bars"][i].dump());
    for (const Json& line : lines) absl::StrAppend(&script, " ", line.at("y").at(i).dump());
    absl::StrAppend(&script, "\n");
  }
  absl::StrAppend(&script,
                  "EOD\nset style data histogram\nset style histogram clustered gap 1\n"
                  "set style fill solid\nset xtics rotate by -40\n");
  if (chart.at("is_logarithmic").get<bool>()) absl::StrAppend(&script, "set logscale y\n");
  absl::StrAppend(&script, "plot ");
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&script, i == 0 ? "" : ", ", "$bars using ", i + 2, ":xtic(1) title ",
                    Quoted(lines[i].at("name")));
  }
}

std::string Script(const Json& chart, const std::string& path) {
  std::string script = absl::StrCat("set terminal svg size 900,500 noenhanced\nset output ",
                                    Quoted(path), "\nset title ", Quoted(chart.at("title")),
                                    "\nset xlabel ", Quoted(chart.at("x_name")), "\nset ylabel ",
                                    Quoted(chart.at("y_name")), "\nset grid\nset key outside\n");
  if (chart.at("bars").empty()) {
    AppendLines(chart, script);
  } else {
    AppendBars(chart, script);
  }
  absl::StrAppend(&script, "\n");
  return script;
}

bool DrawCharts(const std::vector<Json>& found, const std::string& folder) {
  for (const Json& one : found) {
    for (const Json& chart : one.at("charts")) {
      const std::string path =
          absl::StrCat(folder, "/", chart.at("name").get<std::string>(), ".svg");
      const ProcessResult result = RunProgram({"/usr/bin/gnuplot"}, Script(chart, path));
      if (result.exit_code != 0) {
        std::cerr << "bench_report: gnuplot cannot draw " << path << ": " << result.err << "\n";
        return false;
      }
      std::cout << "chart: " << path << "\n";
    }
  }
  return true;
}

int Run(const Flags& flags) {
  std::vector<Json> found;
  for (const std::string& path : flags.files) {
    std::ifstream file(path);
    Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) {
      std::cerr << "bench_report: " << path << " is not what a benchmark writes\n";
      return 1;
    }
    found.push_back(std::move(json));
  }
  PrintTable(found);
  if (!flags.charts.empty() && !DrawCharts(found, flags.charts)) return 1;
  if (flags.json.empty()) return 0;
  std::ofstream file(flags.json, std::ios::trunc);
  file << Flat(found).dump(2) << "\n";
  if (file.flush()) return 0;
  std::cerr << "bench_report: cannot write " << flags.json << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app(kDescription);
  app.add_option("file", flags.files, "What a benchmark wrote with --json")
      ->required()
      ->type_name("FILE");
  app.add_option("--json", flags.json, "All figures by name, in one flat object")
      ->type_name("FILE");
  app.add_option("--charts", flags.charts, "Where charts are drawn, as SVG")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Run(flags);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
