declare module 'virtual:world-map' {
  /** The world in a drawing of so many units; see ../world-map.ts. */
  export const world: {
    width: number;
    height: number;
    countries: { code: string; outline: string; dot?: [number, number] }[];
  };
}
