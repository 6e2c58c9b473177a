export function h(name: string, attributes: Record<string, string> | null, ...children: (Node | string)[]) {
  const element = Object.assign(document.createElement(name), attributes ?? {});
  element.append(...children);
  return element;
}
