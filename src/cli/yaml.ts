/** YAML for commands that need it, loaded when they do. In a bundle a package of the CommonJS kind has no names when it is imported late itself. */
export {parse, stringify} from 'yaml';
