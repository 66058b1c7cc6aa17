#ifndef SPRINGBOARD_CLIENT_CLI_COMMAND_H_
#define SPRINGBOARD_CLIENT_CLI_COMMAND_H_

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace springboard {

// Exit codes of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // A request was refused, or something could not be reached.
inline constexpr int kExitUsage = 2;   // The command line is wrong.
inline constexpr int kExitRejected = 3;  // The verifier does not accept code.

// Each adds a command to the program, which runs it while parsing the command line and sets
// *exit_code, which must outlive the program.
void AddCompileCommand(CLI::App& program, int* exit_code);
// `arguments` are those of the function that is called.
void AddCallCommand(CLI::App& program, const std::vector<std::string>& arguments, int* exit_code);
void AddTargetsCommand(CLI::App& program, int* exit_code);
void AddVerifyCommand(CLI::App& program, int* exit_code);
void AddStaticTableCommand(CLI::App& program, int* exit_code);
void AddPackCommand(CLI::App& program, int* exit_code);
void AddObjectCommand(CLI::App& program, int* exit_code);
void AddInspectCommand(CLI::App& program, int* exit_code);
void AddLoadCommand(CLI::App& program, int* exit_code);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_COMMAND_H_
