"""Gives Bazel's built-in external repositories from Debian's packages, so that nothing is downloaded."""

_RULES = "/usr/share/bazel/rules"
_TOOLS = "/usr/share/bazel/tools"

def _rules_cc_impl(repository_ctx):
    # Debian's rules_cc is newer than its Bazel, which lacks use_cpp_toolchain().
    repository_ctx.execute(["cp", "-r", "--no-preserve=mode", _RULES + "/cc/.", "."])
    for name in ["cc_flags_supplier.bzl", "compiler_flag.bzl"]:
        path = "cc/private/rules_impl/" + name
        text = repository_ctx.read(path)
        text = text.replace(', "use_cpp_toolchain"', "")
        text = text.replace("use_cpp_toolchain()", '["@bazel_tools//tools/cpp:toolchain_type"]')
        repository_ctx.file(path, text)

_rules_cc = repository_rule(implementation = _rules_cc_impl)

def _coverage_tools_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", """filegroup(
    name = "coverage_report_generator",
    visibility = ["//visibility:public"],
)
""")

_coverage_tools = repository_rule(implementation = _coverage_tools_impl)

# buildifier: disable=unnamed-macro
def bazel_builtin_repositories():
    """Declares every repository that Bazel 4.2.3 would otherwise fetch for C++ builds and tests."""
    native.local_repository(name = "rules_java", path = _RULES + "/java")
    native.local_repository(name = "rules_proto", path = _RULES + "/proto")
    native.local_repository(name = "bazel_skylib", path = _TOOLS + "/skylib")
    native.local_repository(name = "platforms", path = _TOOLS + "/platforms")
    _rules_cc(name = "rules_cc")
    _coverage_tools(name = "remote_coverage_tools")
