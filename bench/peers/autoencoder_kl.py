"""Autoencoders of latent diffusion (arXiv 2112.10752) in plain PyTorch, with the parameter names of two published families.

AutoencoderKL: diffusers' · VQModel: LlamaGen's (arXiv 2406.06525). Written for bench/src/image-tokenizer.ts and the golden values
of test/image-tokenizer/published-weights.test.ts; they differ in names, in where attention stands, and in what is between encoder and decoder.
"""

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, size=3, stride=1):
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2 if stride == 1 else 0)


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, groups, shortcut):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv1 = convolution(inputs, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv2 = convolution(outputs, outputs)
        self.shortcut = shortcut if inputs != outputs else None
        if self.shortcut:
            setattr(self, shortcut, convolution(inputs, outputs, 1))

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (getattr(self, self.shortcut)(x) if self.shortcut else x) + h


class Attention(nn.Module):
    """diffusers' with its newer names (`old_names` has the earlier ones)."""

    def __init__(self, channels, groups):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        rows = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = (f(rows)[:, None] for f in (self.to_q, self.to_k, self.to_v))
        y = self.to_out[0](F.scaled_dot_product_attention(q, k, v)[:, 0])
        return x + y.transpose(1, 2).reshape(x.shape)


class ConvolutionAttention(nn.Module):
    """LlamaGen's: the projections are 1x1 convolutions."""

    def __init__(self, channels, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.q, self.k, self.v, self.proj_out = (convolution(channels, channels, 1) for _ in range(4))

    def forward(self, x):
        h = self.norm(x)
        q, k, v = (f(h).flatten(2).transpose(1, 2)[:, None] for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2).reshape(x.shape)
        return x + self.proj_out(y)


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = convolution(channels, channels, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = convolution(channels, channels)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class KlLevel(nn.Module):
    def __init__(self, inputs, outputs, blocks, groups, resampler):
        super().__init__()
        sizes = [inputs] + [outputs] * blocks
        self.resnets = nn.ModuleList(Resnet(a, b, groups, "conv_shortcut") for a, b in zip(sizes, sizes[1:]))
        if resampler:
            name, make = resampler
            setattr(self, name, nn.ModuleList([make(outputs)]))
        self.name = resampler and resampler[0]

    def forward(self, x):
        for resnet in self.resnets:
            x = resnet(x)
        return getattr(self, self.name)[0](x) if self.name else x


class KlMiddle(nn.Module):
    def __init__(self, channels, groups, use_attention):
        super().__init__()
        self.attentions = nn.ModuleList([Attention(channels, groups)] if use_attention else [])
        self.resnets = nn.ModuleList(Resnet(channels, channels, groups, None) for _ in range(2))

    def forward(self, x):
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x)


class KlEncoder(nn.Module):
    def __init__(self, levels, blocks, latents, groups, use_attention):
        super().__init__()
        self.conv_in = convolution(3, levels[0])
        down = ("downsamplers", Downsample)
        self.down_blocks = nn.ModuleList(
            KlLevel(levels[max(i - 1, 0)], levels[i], blocks, groups, down if i < len(levels) - 1 else None)
            for i in range(len(levels))
        )
        self.mid_block = KlMiddle(levels[-1], groups, use_attention)
        self.conv_norm_out = nn.GroupNorm(groups, levels[-1], eps=1e-6)
        self.conv_out = convolution(levels[-1], 2 * latents)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class KlDecoder(nn.Module):
    def __init__(self, levels, blocks, latents, groups, use_attention):
        super().__init__()
        lowest_first = levels[::-1]
        self.conv_in = convolution(latents, lowest_first[0])
        self.mid_block = KlMiddle(lowest_first[0], groups, use_attention)
        up = ("upsamplers", Upsample)
        self.up_blocks = nn.ModuleList(
            KlLevel(
                lowest_first[max(i - 1, 0)], lowest_first[i], blocks + 1, groups, up if i < len(levels) - 1 else None
            )
            for i in range(len(levels))
        )
        self.conv_norm_out = nn.GroupNorm(groups, levels[0], eps=1e-6)
        self.conv_out = convolution(levels[0], 3)

    def forward(self, x):
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class AutoencoderKL(nn.Module):
    """Latents are scaled as diffusers' pipelines do it: (z - shift_factor) * scaling_factor, with the posterior's mean for z."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        latents = config["latent_channels"]
        sizes = (
            config["block_out_channels"],
            config["layers_per_block"],
            latents,
            config["norm_num_groups"],
            config.get("mid_block_add_attention", True),
        )
        self.encoder, self.decoder = KlEncoder(*sizes), KlDecoder(*sizes)
        self.quant_conv = convolution(2 * latents, 2 * latents, 1) if config.get("use_quant_conv", True) else None
        self.post_quant_conv = convolution(latents, latents, 1) if config.get("use_post_quant_conv", True) else None

    def encode(self, pixels):
        moments = self.encoder(pixels)
        if self.quant_conv is not None:
            moments = self.quant_conv(moments)
        mean = moments.chunk(2, dim=1)[0]
        return (mean - (self.config.get("shift_factor") or 0)) * self.config.get("scaling_factor", 0.18215)

    def decode(self, latents):
        z = latents / self.config.get("scaling_factor", 0.18215) + (self.config.get("shift_factor") or 0)
        return self.decoder(self.post_quant_conv(z) if self.post_quant_conv is not None else z)


def old_names(name):
    """The earlier spelling of attention's parameters, which Stable Diffusion 1 and 2 are stored with."""
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
        name = name.replace(f".{new}.", f".{old}.")
    return name


class VqLevel(nn.Module):
    def __init__(self, inputs, outputs, blocks, groups, use_attention):
        super().__init__()
        sizes = [inputs] + [outputs] * blocks
        self.res = nn.ModuleList(Resnet(a, b, groups, "nin_shortcut") for a, b in zip(sizes, sizes[1:]))
        self.attn = nn.ModuleList(ConvolutionAttention(outputs, groups) for _ in range(blocks if use_attention else 0))

    def forward(self, x):
        for i, resnet in enumerate(self.res):
            x = resnet(x)
            if len(self.attn):
                x = self.attn[i](x)
        for name in ("downsample", "upsample"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
        return x


class VqCoder(nn.Module):
    """Encoder (levels in their order) and decoder (lowest first, one block more) alike, apart from the middle's place."""

    def __init__(self, inputs, outputs, channels, multipliers, blocks, groups, is_encoder):
        super().__init__()
        last = len(multipliers) - 1
        order = range(last + 1) if is_encoder else range(last, -1, -1)
        width = channels if is_encoder else channels * multipliers[last]
        self.is_encoder = is_encoder
        self.conv_in = convolution(inputs, width)
        lowest = channels * multipliers[last]
        self.mid = nn.ModuleList(
            [
                Resnet(lowest, lowest, groups, None),
                ConvolutionAttention(lowest, groups),
                Resnet(lowest, lowest, groups, None),
            ]
        )
        self.conv_blocks = nn.ModuleList()
        for level in order:
            block = VqLevel(width, channels * multipliers[level], blocks, groups, level == last)
            width = channels * multipliers[level]
            if is_encoder and level != last:
                block.downsample = Downsample(width)
            if not is_encoder and level != 0:
                block.upsample = Upsample(width)
            self.conv_blocks.append(block)
        self.norm_out = nn.GroupNorm(groups, width, eps=1e-6)
        self.conv_out = convolution(width, outputs)

    def forward(self, x):
        x = self.conv_in(x)
        parts = [*self.conv_blocks, *self.mid] if self.is_encoder else [*self.mid, *self.conv_blocks]
        for part in parts:
            x = part(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Codebook(nn.Module):
    def __init__(self, codes, dim, use_l2_norm):
        super().__init__()
        self.embedding = nn.Embedding(codes, dim)
        self.use_l2_norm = use_l2_norm
        self.register_buffer("codebook_used", torch.zeros(16))

    def codes(self):
        weight = self.embedding.weight
        return F.normalize(weight, dim=-1) if self.use_l2_norm else weight

    def forward(self, z):
        z = z.permute(0, 2, 3, 1)
        if self.use_l2_norm:
            z = F.normalize(z, dim=-1)
        return torch.cdist(z.flatten(0, 2), self.codes()).argmin(-1).reshape(z.shape[:3])


class VQModel(nn.Module):
    """`ch` and `num_res_blocks` are arguments of LlamaGen's encoder and decoder, not in its published configs."""

    def __init__(self, config):
        super().__init__()
        ch, groups, blocks = config.get("ch", 128), 32, config.get("num_res_blocks", 2)
        z, dim = config["z_channels"], config["codebook_embed_dim"]
        self.encoder = VqCoder(3, z, ch, config["encoder_ch_mult"], blocks, groups, True)
        self.decoder = VqCoder(z, 3, ch, config["decoder_ch_mult"], blocks + 1, groups, False)
        self.quantize = Codebook(config["codebook_size"], dim, config["codebook_l2_norm"])
        self.quant_conv, self.post_quant_conv = convolution(z, dim, 1), convolution(dim, z, 1)

    def encode(self, pixels):
        return self.quantize(self.quant_conv(self.encoder(pixels)))

    def decode(self, indices):
        return self.decoder(self.post_quant_conv(self.quantize.codes()[indices].permute(0, 3, 1, 2)))
