"""A fuzz target with the inputs that are kept for it."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, deps):
    """A test that runs NAME.cc's LLVMFuzzerTestOneInput() on every file of corpus/NAME.

    With --config=fuzz the program is libFuzzer's; otherwise replay_main.cc calls the function.

    Args:
      name: of the test, of its source without .cc, and of its corpus.
      deps: what the source includes.
    """
    corpus = "%s/corpus/%s" % (native.package_name(), name)
    cc_test(
        name = name,
        size = "small",
        srcs = [name + ".cc"],
        args = select({
            ":libfuzzer": [
                "-runs=0",
                corpus,
            ],
            "//conditions:default": [corpus],
        }),
        data = native.glob(["corpus/%s/*" % name]),
        linkopts = select({
            ":libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            ":libfuzzer": [],
            "//conditions:default": [":replay_main"],
        }),
    )
