"""Trampolines made at build time, as objects that a program links and as a pack that it reads."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_LINK_STATIC_LIBRARY_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# Every target that there is. What the names of archives end with is what linkers look for.
_ARCHIVE_NAMES = {
    "aarch64-apple": "lib{}.a",
    "aarch64-linux": "lib{}.a",
    "aarch64-windows": "{}.lib",
    "x86_64-sysv": "lib{}.a",
    "x86_64-windows": "{}.lib",
}

def _run(ctx, command, arguments, inputs, outputs, what):
    """One run of the springboard tool.

    Args:
      ctx: of the rule.
      command: of the tool.
      arguments: a list.
      inputs: files.
      outputs: files.
      what: is made, for the progress.
    """
    requirements = {}
    if ctx.attr.server:
        arguments = arguments + ["--server=" + ctx.attr.server]

        # The answers are functions of the requests, so that they may be cached all the same.
        requirements = {"no-remote-exec": "1", "requires-network": "1"}
    ctx.actions.run(
        executable = ctx.executable.tool,
        arguments = [command, "--quiet"] + arguments,
        inputs = inputs,
        outputs = outputs,
        mnemonic = "Springboard" + command.capitalize(),
        progress_message = "Making {} of {}".format(what, ctx.label),
        execution_requirements = requirements,
    )

def _manifest_arguments(ctx):
    """What says the tool which functions there are."""
    arguments = ["--manifest=" + file.path for file in ctx.files.manifests]
    if ctx.attr.manifest_included:
        arguments.append("--manifest-included")
    if ctx.attr.strict:
        arguments.append("--strict")
    return arguments

def _objects(ctx, target):
    """Makes object, archive and header for one target, and returns them."""
    folder = "{}/{}/".format(ctx.label.name, target)
    object_file = ctx.actions.declare_file(folder + ctx.label.name + ".o")
    header = ctx.actions.declare_file(folder + ctx.label.name + ".h")
    archive = ctx.actions.declare_file(folder + _ARCHIVE_NAMES[target].format(ctx.label.name))
    arguments = _manifest_arguments(ctx) + [
        "--target=" + target,
        "--symbol-pattern=" + ctx.attr.symbol_pattern,
    ]
    if ctx.attr.landing_pads:
        arguments.append("--landing-pads")
    _run(
        ctx,
        "object",
        arguments + ["--output=" + object_file.path, "--header=" + header.path],
        ctx.files.manifests,
        [object_file, header],
        target + "'s object",
    )
    _run(
        ctx,
        "object",
        arguments + ["--archive", "--output=" + archive.path],
        ctx.files.manifests,
        [archive],
        target + "'s archive",
    )
    return struct(object = object_file, header = header, archive = archive)

# buildifier: disable=native-cc-common
# buildifier: disable=native-cc-info
def _no_cc_info(ctx):
    """What a cc_binary gets of a platform that is none of the targets: who includes it reads why."""
    header = ctx.actions.declare_file("{}/none/{}.h".format(ctx.label.name, ctx.label.name))
    ctx.actions.write(header, "#error {} has no trampolines for {}: its targets are {}\n".format(
        ctx.label,
        ctx.attr.linked_target or "the platform of this build",
        ", ".join(ctx.attr.targets),
    ))
    return CcInfo(compilation_context = cc_common.create_compilation_context(
        headers = depset([header]),
        quote_includes = depset([header.dirname]),
    ))

# Bazel 4 has these without a load.
# buildifier: disable=native-cc-common
# buildifier: disable=native-cc-info
def _cc_info(ctx, linked):
    """What a cc_binary of the build's platform gets."""
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    if not cc_common.action_is_enabled(
        feature_configuration = features,
        action_name = CPP_LINK_STATIC_LIBRARY_ACTION_NAME,
    ):
        fail("the C++ toolchain cannot link static libraries")
    library = cc_common.create_library_to_link(
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        static_library = linked.archive,
    )
    return CcInfo(
        compilation_context = cc_common.create_compilation_context(
            headers = depset([linked.header]),
            # As "NAME.h".
            quote_includes = depset([linked.header.dirname]),
        ),
        linking_context = cc_common.create_linking_context(
            linker_inputs = depset([cc_common.create_linker_input(
                owner = ctx.label,
                libraries = depset([library]),
            )]),
        ),
    )

# buildifier: disable=native-cc-common
# buildifier: disable=native-cc-info
def _trampoline_library_impl(ctx):
    for target in ctx.attr.targets:
        if target not in _ARCHIVE_NAMES:
            fail("a target is one of {}; got {}".format(", ".join(_ARCHIVE_NAMES.keys()), target), "targets")
    made = {target: _objects(ctx, target) for target in ctx.attr.targets}
    pack = ctx.actions.declare_file(ctx.label.name + ".pack")
    _run(
        ctx,
        "pack",
        _manifest_arguments(ctx) + [
            "--target=" + ",".join(ctx.attr.targets),
            "--output=" + pack.path,
        ],
        ctx.files.manifests,
        [pack],
        "the pack",
    )
    infos = [dep[CcInfo] for dep in ctx.attr.deps]
    is_linked = ctx.attr.linked_target in made
    infos.insert(0, _cc_info(ctx, made[ctx.attr.linked_target]) if is_linked else _no_cc_info(ctx))
    files = [pack] + [file for one in made.values() for file in [one.object, one.archive, one.header]]
    return [
        DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files = [pack])),
        cc_common.merge_cc_infos(cc_infos = infos),
        OutputGroupInfo(
            archives = depset([one.archive for one in made.values()]),
            headers = depset([one.header for one in made.values()]),
            objects = depset([one.object for one in made.values()]),
            pack = depset([pack]),
        ),
    ]

# buildifier: disable=native-cc-common
# buildifier: disable=native-cc-info
_trampoline_library = rule(
    implementation = _trampoline_library_impl,
    attrs = {
        "deps": attr.label_list(
            providers = [CcInfo],
            doc = "Libraries with the functions that are called.",
        ),
        "landing_pads": attr.bool(
            doc = "Whether functions begin with endbr64 or bti c, for programs with CET or BTI.",
        ),
        "linked_target": attr.string(doc = "The target that a cc_binary links; empty for none."),
        "manifest_included": attr.bool(
            doc = "Whether of headers also the functions of what they include are taken.",
        ),
        "manifests": attr.label_list(
            allow_files = [".ast.json", ".json", ".pbtxt", ".textproto", ".txtpb"],
            mandatory = True,
            allow_empty = False,
            doc = "The functions: see docs/build-farms.md.",
        ),
        "server": attr.string(
            doc = "A server that compiles, instead of the action itself.",
        ),
        "strict": attr.bool(
            default = True,
            doc = "Whether a function that has no trampoline, or a target that has no function, is " +
                  "an error.",
        ),
        "symbol_pattern": attr.string(
            default = "__springboard_{name}",
            doc = "What a trampoline is called.",
        ),
        "targets": attr.string_list(
            mandatory = True,
            allow_empty = False,
            doc = "What trampolines are made for.",
        ),
        "tool": attr.label(
            default = Label("//client/cli:springboard_static"),
            allow_single_file = True,
            executable = True,
            cfg = "exec",
            doc = "The springboard program; one that is installed is as good.",
        ),
        "_cc_toolchain": attr.label(default = Label("@bazel_tools//tools/cpp:current_cc_toolchain")),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def trampoline_library(name, targets, manifest = None, manifests = [], **kwargs):
    """Trampolines for the functions of a manifest.

    As a dependency of a cc_binary or cc_library it gives the header "NAME.h" and the trampolines of
    the platform that the build is for, if it is one of the targets. The outputs, of all targets, are
    NAME.pack and in NAME/TARGET/ an object, an archive and a header; output groups are `objects`,
    `archives`, `headers` and `pack`.

    Args:
      name: of the library.
      targets: names of `springboard targets`.
      manifest: a file in protobuf text format, or a symbol table in JSON, or a dump by clang.
      manifests: several of them, such as dumps of a header for each system.
      **kwargs: `deps`, `strict`, `manifest_included`, `symbol_pattern`, `landing_pads`, `server` and
        `tool` of the rule, and what every rule takes.
    """
    if bool(manifest) == bool(manifests):
        fail("{}: either manifest or manifests says what the functions are".format(name))
    platforms = {
        Label("//rules:linux_aarch64"): "aarch64-linux",
        Label("//rules:linux_x86_64"): "x86_64-sysv",
        Label("//rules:osx_aarch64"): "aarch64-apple",
        Label("//rules:windows_aarch64"): "aarch64-windows",
        Label("//rules:windows_x86_64"): "x86_64-windows",
        "//conditions:default": "",
    }
    _trampoline_library(
        name = name,
        manifests = manifests or [manifest],
        targets = targets,
        linked_target = select({str(platform): target for platform, target in platforms.items()}),
        **kwargs
    )
