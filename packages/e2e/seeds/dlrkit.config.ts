export { current as default } from "./Current.ts"
