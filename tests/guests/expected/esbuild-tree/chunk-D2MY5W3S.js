// src/pages/index.ts
var home = { title: "home 8" };

export {
  home
};
//# sourceMappingURL=chunk-D2MY5W3S.js.map
