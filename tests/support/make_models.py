"""Makes the small models that unit and command-line tests use: make_models.py OUT_DIR [--aoti].

Without --aoti: TorchScript models and the files that must be refused (seconds). With --aoti: the same modules
compiled with AOTInductor (a compiler run each). Does nothing when OUT_DIR is up to date.
"""

import argparse
import pathlib
import sys
import warnings

from made_once import make_once

HERE = pathlib.Path(__file__).parent


def make(out, aoti):
    """Imports torch late: an up-to-date folder must cost no import."""
    warnings.simplefilter("ignore")
    import make_bundles
    import torch
    with torch.no_grad():
        if aoti:
            import make_compiled
            make_compiled.save_compiled(out)
            make_bundles.save_aoti_bundle(torch, out)
        else:
            import make_plain
            make_plain.save_torchscript(out)
            make_plain.save_refused(out)
            make_bundles.save_bundles(torch, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--aoti", action="store_true", help="the AOTInductor packages instead")
    args = parser.parse_args()
    stamp = args.out_dir / ("made_aoti" if args.aoti else "made")
    scripts = [__file__, *(HERE / f"make_{name}.py" for name in ("bundles", "compiled", "plain")), *sorted(HERE.glob("models/*.py"))]
    make_once(stamp, ["torch", "tokenizers"], scripts, lambda: make(args.out_dir, args.aoti))
    return 0


if __name__ == "__main__":
    sys.exit(main())
