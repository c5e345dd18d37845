import { useEffect, useState } from "preact/hooks";

const query = matchMedia("(width < 820px)");

/** Whether there is no room for the list of conversations beside the conversation. */
export function useIsNarrow(): boolean {
  const [isNarrow, setIsNarrow] = useState(query.matches);
  useEffect(() => {
    const change = () => setIsNarrow(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return isNarrow;
}
