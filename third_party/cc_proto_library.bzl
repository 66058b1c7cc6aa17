"""C++ from .proto files with the system's protoc and gRPC plugin."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def _folder(label):
    """Of a package, also where this is another workspace's external repository."""
    label = Label(label)
    return (label.workspace_root + "/" if label.workspace_root else "") + label.package

def cc_proto_library(name, srcs, grpc = False, deps = [], visibility = None):
    """Generates and compiles the C++ of .proto files.

    Import paths begin at the package's folder, C++ include paths too.

    Args:
      name: the cc_library with the messages, and with the services if grpc is set.
      srcs: the .proto files, relative to the package.
      grpc: whether to generate services.
      deps: other cc_proto_library targets whose files these import.
      visibility: of the library.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    endings = ["pb"] + (["grpc.pb"] if grpc else [])
    plugin = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR) " if grpc else ""
    imports = [dep + "_protos" if ":" in dep else dep + ":protos" for dep in deps]
    native.filegroup(
        name = name + "_protos",
        srcs = srcs,
        visibility = visibility,
    )
    native.genrule(
        name = name + "_generate",
        srcs = srcs + imports,
        outs = [
            "%s.%s.%s" % (stem, ending, language)
            for stem in stems
            for ending in endings
            for language in ["h", "cc"]
        ],
        cmd = "/usr/bin/protoc --proto_path=" + _folder("//" + native.package_name()) +
              "".join([" --proto_path=" + _folder(dep) for dep in deps]) +
              " --cpp_out=$(RULEDIR) " + plugin +
              " ".join(["$(execpath %s)" % src for src in srcs]),
    )
    cc_library(
        name = name,
        srcs = ["%s.%s.cc" % (stem, ending) for stem in stems for ending in endings],
        hdrs = ["%s.%s.h" % (stem, ending) for stem in stems for ending in endings],
        # The generated code is not ours to warn about.
        copts = ["-w"],
        includes = ["."],
        visibility = visibility,
        deps = deps + ["//third_party:protobuf"] + (["//third_party:grpc"] if grpc else []),
    )
