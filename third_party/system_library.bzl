"""A cc_library that stands for an installed Debian library."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def system_library(name, libs = [], deps = [], defines = [], visibility = ["//visibility:public"]):
    """Declares a library of the system.

    Args:
      name: the target's name.
      libs: what to link, without "-l" and suffix; empty for header-only libraries.
      deps: other system libraries whose headers or symbols this one's headers use.
      defines: what the headers want defined.
      visibility: who may use it; the default is everybody.
    """
    cc_library(
        name = name,
        defines = defines,
        linkopts = ["-l" + lib for lib in libs],
        visibility = visibility,
        deps = deps,
    )
