/** Stands for the published vocabularies of tiktoken in the page's bundle, where nothing asks for them. */
const noVocabulary: unknown = undefined;

// biome-ignore lint/style/noDefaultExport: as the modules that it stands for.
export default noVocabulary;
