/** Token counts in the two forms of OpenAI's interface. */
import type { TokenUsage } from "@interfuse/pipeline";

/** Sums what several answers to one prompt took; the prompt counts once. */
export function sumUsage(usages: readonly TokenUsage[]): TokenUsage {
  const { promptTextTokens = 0, promptImageTokens = 0 } = usages[0] ?? {};
  return {
    promptTextTokens,
    promptImageTokens,
    textTokens: usages.reduce((sum, { textTokens }) => sum + textTokens, 0),
    imageTokens: usages.reduce((sum, { imageTokens }) => sum + imageTokens, 0),
  };
}

/** `usage` of chat completions, with the counts that some clients (OpenRouter's provider) require though nothing here has any. */
export function chatUsage({ promptTextTokens, promptImageTokens, textTokens, imageTokens }: TokenUsage) {
  const [prompt, completion] = [promptTextTokens + promptImageTokens, textTokens + imageTokens];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { text_tokens: promptTextTokens, image_tokens: promptImageTokens, cached_tokens: 0 },
    completion_tokens_details: { text_tokens: textTokens, image_tokens: imageTokens, reasoning_tokens: 0 },
  };
}

/** `usage` of the image endpoints. */
export function imageUsage({ promptTextTokens, promptImageTokens, textTokens, imageTokens }: TokenUsage) {
  const [input, output] = [promptTextTokens + promptImageTokens, textTokens + imageTokens];
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: { text_tokens: promptTextTokens, image_tokens: promptImageTokens },
  };
}
