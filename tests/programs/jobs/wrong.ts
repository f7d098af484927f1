let x: number = ;
export default {
