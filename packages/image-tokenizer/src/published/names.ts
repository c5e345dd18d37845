/** What published files call the parameters of `LatentDiffusionEncoder` and `LatentDiffusionDecoder`. */

/** The names that a parameter may have in a file; the first is the current one. */
export type PublishedNames = (name: string) => readonly string[];

type Rule = readonly [RegExp, string | ((...groups: string[]) => string)];

const rewrite = (name: string, rules: readonly Rule[]) =>
  rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement as string), name);

/** Names of diffusers' AutoencoderKL; attention has two spellings. The decoder's levels are counted from the lowest. */
export function autoencoderKlNames(numLevels: number): PublishedNames {
  const rules: Rule[] = [
    [/^encoder\.projection\./, "quant_conv."],
    [/^decoder\.projection\./, "post_quant_conv."],
    [/^(encoder|decoder)\.input\./, "$1.conv_in."],
    [/^(encoder|decoder)\.norm\./, "$1.conv_norm_out."],
    [/^(encoder|decoder)\.output\./, "$1.conv_out."],
    [/\.middle\.blocks\./, ".mid_block.resnets."],
    [/\.middle\.attention\.norm\./, ".mid_block.attentions.0.group_norm."],
    [/\.middle\.attention\./, ".mid_block.attentions.0."],
    [/^encoder\.levels\.(\d+)\./, "encoder.down_blocks.$1."],
    [/^decoder\.levels\.(\d+)\./, (_, level) => `decoder.up_blocks.${numLevels - 1 - Number(level)}.`],
    [/\.blocks\.(\d+)\./, ".resnets.$1."],
    [/\.downsample\./, ".downsamplers.0.conv."],
    [/\.upsample\./, ".upsamplers.0.conv."],
    [/\.skip\./, ".conv_shortcut."],
  ];
  const spelled = (name: string, [query, key, value, output]: readonly string[]) =>
    rewrite(name, [
      [/(attentions\.0)\.query\./, `$1.${query}.`],
      [/(attentions\.0)\.key\./, `$1.${key}.`],
      [/(attentions\.0)\.value\./, `$1.${value}.`],
      [/(attentions\.0)\.output\./, `$1.${output}.`],
    ]);
  return (name) => {
    const named = rewrite(name, rules);
    return [
      spelled(named, ["to_q", "to_k", "to_v", "to_out.0"]),
      spelled(named, ["query", "key", "value", "proj_attn"]),
    ];
  };
}

/** Names of LlamaGen's VQModel. The decoder's levels are counted from the lowest. */
export function llamaGenNames(numLevels: number): PublishedNames {
  const rules: Rule[] = [
    [/^quantizer\.codebook\.codes$/, "quantize.embedding.weight"],
    [/^encoder\.projection\./, "quant_conv."],
    [/^decoder\.projection\./, "post_quant_conv."],
    [/^(encoder|decoder)\.input\./, "$1.conv_in."],
    [/^(encoder|decoder)\.norm\./, "$1.norm_out."],
    [/^(encoder|decoder)\.output\./, "$1.conv_out."],
    [/\.middle\.blocks\.0\./, ".mid.0."],
    [/\.middle\.attention\./, ".mid.1."],
    [/\.middle\.blocks\.1\./, ".mid.2."],
    [/^encoder\.levels\.(\d+)\./, "encoder.conv_blocks.$1."],
    [/^decoder\.levels\.(\d+)\./, (_, level) => `decoder.conv_blocks.${numLevels - 1 - Number(level)}.`],
    [/\.blocks\.(\d+)\./, ".res.$1."],
    [/\.attentions\.(\d+)\./, ".attn.$1."],
    [/\.(mid\.1|attn\.\d+)\.query\./, ".$1.q."],
    [/\.(mid\.1|attn\.\d+)\.key\./, ".$1.k."],
    [/\.(mid\.1|attn\.\d+)\.value\./, ".$1.v."],
    [/\.(mid\.1|attn\.\d+)\.output\./, ".$1.proj_out."],
    [/\.(down|up)sample\./, ".$1sample.conv."],
    [/\.skip\./, ".nin_shortcut."],
  ];
  return (name) => [rewrite(name, rules)];
}
