/** What a peer takes for granted that Node 20 does not have yet: `Promise.withResolvers`. */
const constructor = Promise as Partial<{ withResolvers: () => unknown }>;

constructor.withResolvers ??= () => {
  let settle = {};
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
};
