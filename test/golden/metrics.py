"""Makes metrics.json: metrics of image tokenizers, by PyTorch in float64.

    python3 test/golden/metrics.py && npm run fix

Inputs are hashed_values, made alike in test/evaluation/metrics.test.ts.
"""

import json
import math
from pathlib import Path

import torch
from bfloat16_errors import hashed_values


def frechet(a, b):
    """|m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)), the root's trace from the (general) eigenvalues of the product."""
    covariances = [torch.cov(x.T) for x in (a, b)]
    root = torch.linalg.eigvals(covariances[0] @ covariances[1]).real.clamp(min=0).sqrt().sum()
    means = (a.mean(0) - b.mean(0)).square().sum()
    return (means + covariances[0].trace() + covariances[1].trace() - 2 * root).item()


def frechet_cases():
    mix = hashed_values([12, 12], 3) / 2
    cases = {
        "plain": (hashed_values([40, 12], 1), hashed_values([30, 12], 2) @ mix + 0.25),
        "singular": (hashed_values([6, 10], 4), hashed_values([7, 10], 5)),
        "equal": (hashed_values([20, 5], 6), hashed_values([20, 5], 6)),
    }
    return {name: frechet(a.float().double(), b.float().double()) for name, (a, b) in cases.items()}


def spectrum(shape, seed):
    """HFR over blocks of an orthonormal DCT-II, zigzag as in JPEG."""
    x = hashed_values(shape, seed)
    n = min(8, shape[1], shape[2])
    k = torch.arange(n).double()
    basis = torch.cos(math.pi * (2 * k[None] + 1) * k[:, None] / (2 * n)) * math.sqrt(2 / n)
    basis[0] = math.sqrt(1 / n)
    rows, columns = shape[1] // n, shape[2] // n
    blocks = x[:, : rows * n, : columns * n].reshape(shape[0], rows, n, columns, n, shape[3]).permute(0, 1, 3, 5, 2, 4)
    energies = (basis @ blocks @ basis.T).square().reshape(-1, n, n)
    order = sorted(
        ((y, z) for y in range(n) for z in range(n)), key=lambda p: (sum(p), p[1] if sum(p) % 2 == 0 else p[0])
    )
    sequence = torch.stack([energies[:, y, z] for y, z in order], dim=1)
    high, rest = sequence[:, (n * n + 1) // 2 :].sum(1), sequence[:, 1:].sum(1)
    return {
        "shape": shape,
        "seed": seed,
        "order": [y * n + z for y, z in order],
        "energies": sequence.mean(0).tolist(),
        "ratio": (high / rest).mean().item(),
        "pooled": (high.sum() / rest.sum()).item(),
    }


def probe():
    """Ridge regression to one-hot classes on standardised features."""
    numbers = {"train": 60, "test": 25}
    centres = hashed_values([4, 7], 20)
    sets = {}
    for seed, (name, rows) in enumerate(numbers.items()):
        labels = torch.arange(rows) * 7 % 4
        sets[name] = ((centres[labels] + hashed_values([rows, 7], 21 + seed)).float().double(), labels)
    (x, labels), (tested, expected) = sets["train"], sets["test"]
    mean, std = x.mean(0), x.std(0, unbiased=False)
    x, tested = (x - mean) / std, (tested - mean) / std
    targets = torch.nn.functional.one_hot(labels, 4).double()
    shares = targets.mean(0)
    gram = x.T @ x / len(x) + 1e-3 * torch.eye(7).double()
    weights = torch.linalg.solve(gram, x.T @ (targets - shares) / len(x))
    predictions = (tested @ weights + shares).argmax(1)
    return {"predictions": predictions.tolist(), "accuracy": (predictions == expected).double().mean().item()}


def sharpness():
    """Gradient magnitudes of luma, differences to the right and below."""
    pictures = [((hashed_values([9, 11, 3], seed) + 2) * 63).floor() for seed in (30, 31)]
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)

    def total(picture):
        luma = picture @ weights
        right, below = luma[:-1, 1:] - luma[:-1, :-1], luma[1:, :-1] - luma[:-1, :-1]
        return (right.square() + below.square()).sqrt().sum()

    return (total(pictures[0]) / total(pictures[1])).item()


def similarity():
    """PSNR over all channels, and SSIM of luma by an 11 x 11 Gaussian window inside the picture (Wang et al., 2004)."""
    a, other = [((hashed_values([13, 16, 3], seed) + 2) * 63).floor() for seed in (32, 33)]
    b = ((3 * a + other) / 4).floor()
    psnr = 10 * torch.log10(255**2 / (a - b).square().mean())
    offsets = torch.arange(-5, 6).double()
    line = torch.exp(-offsets.square() / (2 * 1.5**2))
    window = torch.outer(line, line)[None, None] / line.sum() ** 2
    mean = lambda x: torch.nn.functional.conv2d(x[None, None], window)
    x, y = [picture @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64) for picture in (a, b)]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    ssim = ((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean()
    return {"psnr": psnr.item(), "ssim": ssim.item()}


def usage():
    codes = ((hashed_values([500], 40) + 2) * 3).floor().long()
    shares = torch.bincount(codes, minlength=16).double() / len(codes)
    return {
        "usage": (shares > 0).double().mean().item(),
        "perplexity": torch.exp(-(shares * (shares + 1e-10).log()).sum()).item(),
    }


def main():
    golden = {
        "madeBy": f"test/golden/metrics.py with PyTorch {torch.__version__} on a CPU",
        "frechet": frechet_cases(),
        "spectra": [spectrum([2, 17, 24, 3], 10), spectrum([1, 8, 8, 4], 11), spectrum([2, 4, 6, 2], 12)],
        "probe": probe(),
        "sharpness": sharpness(),
        "similarity": similarity(),
        "usage": usage(),
    }
    Path(__file__).with_name("metrics.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
