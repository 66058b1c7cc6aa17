"""Trampolines that are linked into a program."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def springboard_static_table(name, signatures, copies = 16, **kwargs):
    """A cc_library with a springboard::StaticTable for x86-64 or AArch64 Linux.

    Args:
      name: of the target and of the table, which a program declares as
        `extern "C" const springboard::StaticTable NAME;`.
      signatures: a file with a line SIGNATURE or SIGNATURE<TAB>COPIES for each; # begins a comment.
      copies: how many functions of a signature can be called at a time, where the line has none.
      **kwargs: passed on to cc_library.
    """
    command = "$(execpath //client/cli:springboard) static-table --name={} --copies={} --target={} " + \
              "$(execpath {}) >$@"
    native.genrule(
        name = name + "_assembly",
        srcs = [signatures],
        outs = [name + ".S"],
        cmd = select({
            "@platforms//cpu:aarch64": command.format(name, copies, "aarch64-linux", signatures),
            "//conditions:default": command.format(name, copies, "x86_64-sysv", signatures),
        }),
        exec_tools = ["//client/cli:springboard"],
    )
    cc_library(
        name = name,
        srcs = [name + ".S"],
        # Only a program that names the table links it.
        deps = ["//client/arena:code_arena"],
        **kwargs
    )
